/** @file Opens the published weights that a run starts from. */

import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { loadTokenizer, type TextTokenizer } from "@candor/data";
import { openClip, openLm, openVision, type PlanOptions, type PretrainedParts } from "@candor/models";
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
  const { method, pretrained } = config;
  const source = hasTexts(method) ? pretrained.vision : method === "ifas" ? pretrained.lm : undefined;
  const tokenizer = source === undefined ? undefined : await openTokenizer(source, folder);
  const parts = await openParts(device, config, weightDTypes(config), tokenizer?.vocabSize);
  return { ...parts, ...(tokenizer ? { tokenizer } : {}) };
}

/**
 * Opens the models alone, for a run that has its tokenizer.
 *
 * @param dtypes of parameters by their names in the whole model
 * @param tokenizerSize ids that an embedding table must have rows for
 * @throws WeightsError that names the folder and what is missing from it, before anything is allocated
 */
export async function openParts(
  device: Device,
  { method, imageSize, pretrained }: Pick<RunConfig, "method" | "imageSize" | "pretrained">,
  dtypes: NonNullable<PlanOptions["dtype"]>,
  tokenizerSize?: number,
): Promise<PretrainedParts> {
  const { vision, lm } = pretrained;
  const within = (part: string) => ({
    dtype: (name: string, shape: readonly number[]) => dtypes(`${part}.${name}`, shape),
  });
  const rows = tokenizerSize === undefined ? {} : { tokenizerSize };
  if (hasTexts(method)) {
    if (vision === undefined) return {};
    return { clip: await openClip(device, vision, { imageSize, ...rows, ...within("clip") }) };
  }
  // First, because more can be wrong with it.
  const language =
    method === "ifas" && lm !== undefined
      ? { lm: await openLm(device, lm, { ...rows, ...within("lm") }) }
      : {};
  if (vision === undefined) return language;
  return { ...language, vit: await openVision(device, vision, { imageSize, ...within("vit") }) };
}

function hasTexts(method: RunConfig["method"]): boolean {
  return method === "flip-it" || method === "flip-mcl";
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
