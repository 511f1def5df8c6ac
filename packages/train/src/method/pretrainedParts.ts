/** @file Opens the published weights that a run starts from. */

import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { loadTokenizer, type TextTokenizer } from "@candor/data";
import { openClip, openLm, openVision, type PretrainedParts } from "@candor/models";
import type { Device } from "@candor/tensor-core";
import type { RunConfig } from "../recipes/runConfig.ts";
import { weightDTypes } from "./weightDTypes.ts";

/** What the folders of a configuration hold. */
export interface Pretrained extends PretrainedParts {
  /** Of the language model, or of CLIP's text encoder. */
  readonly tokenizer?: TextTokenizer;
}

/**
 * Opens the folders that `pretrained` names, as the method needs them. The tokenizer's files are copied into the run.
 *
 * @throws WeightsError that names the folder and what is missing from it, before anything is allocated
 * @throws Error if a tokenizer is missing or has more tokens than the model
 */
export async function openPretrained(device: Device, config: RunConfig, folder: string): Promise<Pretrained> {
  const { method, imageSize, pretrained } = config;
  const { vision, lm } = pretrained;
  const dtypes = weightDTypes(config);
  const within = (part: string) => ({
    dtype: (name: string, shape: readonly number[]) => dtypes(`${part}.${name}`, shape),
  });
  if (method === "flip-it" || method === "flip-mcl") {
    if (vision === undefined) return {};
    const tokenizer = await openTokenizer(vision, folder);
    const tokenizerSize = tokenizer.vocabSize;
    return {
      clip: await openClip(device, vision, { imageSize, tokenizerSize, ...within("clip") }),
      tokenizer,
    };
  }
  const openEncoder = async () => {
    if (vision === undefined) return {};
    return { vit: await openVision(device, vision, { imageSize, ...within("vit") }) };
  };
  if (method !== "ifas" || lm === undefined) return await openEncoder();
  // First, because more can be wrong with it.
  const tokenizer = await openTokenizer(lm, folder);
  const tokenizerSize = tokenizer.vocabSize;
  const opened = await openLm(device, lm, { tokenizerSize, ...within("lm") });
  return { ...(await openEncoder()), lm: opened, tokenizer };
}

async function openTokenizer(from: string, run: string): Promise<TextTokenizer> {
  const file = join(from, "tokenizer.json");
  if (!existsSync(file)) {
    throw new Error(
      `${from} has no tokenizer.json; download it beside the weights from where they were published`,
    );
  }
  const tokenizer = await loadTokenizer(file);
  copyFileSync(file, join(run, "tokenizer.json"));
  const names = join(from, "tokenizer_config.json");
  if (existsSync(names)) copyFileSync(names, join(run, "tokenizer_config.json"));
  return tokenizer;
}
