/** @file Opens the published weights that a run starts from. */

import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { loadTokenizer, type TextTokenizer } from "@candor/data";
import { assertTokenizerFits, openClip, openClipVision, openLm, type PretrainedParts } from "@candor/models";
import type { Device } from "@candor/tensor-core";
import type { RunConfig } from "../recipes/runConfig.ts";

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
  if (method === "flip-it" || method === "flip-mcl") {
    if (vision === undefined) return {};
    const tokenizer = await openTokenizer(vision, folder);
    const clip = await openClip(device, vision, { imageSize });
    assertTokenizerFits(tokenizer.vocabSize, clip.config.text.vocabularySize, vision);
    return { clip, tokenizer };
  }
  const parts = vision === undefined ? {} : { vit: await openClipVision(device, vision, { imageSize }) };
  if (method !== "ifas" || lm === undefined) return parts;
  const tokenizer = await openTokenizer(lm, folder);
  return { ...parts, lm: await openLm(device, lm, { tokenizerSize: tokenizer.vocabSize }), tokenizer };
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
