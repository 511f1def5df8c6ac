/** @file Small folders of published weights, and runs over them on drawn images. */

import { join } from "node:path";
import { createTokenizer, saveTokenizer, trainBpe } from "@candor/data";
import {
  Clip,
  type ClipConfig,
  Lm,
  lmLayout,
  livePrompts,
  publishedFromLmConfig,
  saveClip,
  saveModel,
  spoofPrompts,
} from "@candor/models";
import { type Device, Random } from "@candor/tensor-core";
import { recipes } from "../recipes/recipes.ts";
import type { RunConfig } from "../recipes/runConfig.ts";
import { writeStripes } from "./stripes.ts";

/** Sizes of the image encoder. */
export const publishedVit = {
  imageSize: 16,
  patchSize: 8,
  width: 16,
  layers: 1,
  heads: 2,
  mlpRatio: 2,
  activation: "quickGelu",
  embeddingNorm: true,
} as const;

/** LoRA on the language model's queries; the connector is trained too. */
export const publishedLora = {
  rank: 2,
  alpha: 4,
  targets: ["lm.layers.*.attention.query"],
  alsoTrain: ["connector.*"],
};

/** Writes `images` and their `manifest.arrow`, and the folders `clip` and `lm` with a tokenizer in each. */
export async function writePublished(device: Device, folder: string): Promise<void> {
  await writeStripes(folder);
  const json = trainBpe(
    [...livePrompts, ...spoofPrompts, "Is this photo of a real person?", "Yes, a live face."],
    400,
  );
  const vocabularySize = createTokenizer(json).vocabSize;
  const clip: ClipConfig = {
    vit: publishedVit,
    text: { vocabularySize, maxTokens: 40, width: 16, layers: 1, heads: 2, mlpRatio: 2, endId: 2 },
    embeddingWidth: 16,
  };
  await saveClip(join(folder, "clip"), new Clip(device, clip, new Random(1)));
  const lm = new Lm(
    device,
    {
      vocabularySize: vocabularySize + 8,
      width: 16,
      layers: 1,
      heads: 2,
      kvHeads: 1,
      hidden: 32,
      ropeBase: 10_000,
      tiedHead: true,
    },
    new Random(2),
  );
  await saveModel(join(folder, "lm"), lm, lmLayout(lm.config), publishedFromLmConfig(lm.config));
  for (const name of ["clip", "lm"]) await saveTokenizer(join(folder, name, "tokenizer.json"), json);
}

/** A run of three steps on them, from initial weights unless it is changed. */
export function publishedRun(folder: string, change: Partial<RunConfig>): RunConfig {
  const base = recipes.starter("ifas", join(folder, "manifest.arrow"));
  return {
    ...base,
    imageSize: 16,
    vit: publishedVit,
    connector: { kind: "gac", width: 16, queries: 2, depth: 1, heads: 2, mlpRatio: 2 },
    flip: { ...base.flip, hidden: 16, projection: { hidden: 16, outputs: 8 } },
    steps: 3,
    batchSize: 4,
    checkpointEvery: 3,
    optimizer: { ...base.optimizer, warmupSteps: 0 },
    ...change,
  };
}
