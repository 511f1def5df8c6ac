/** @file The starter: everything trained from scratch on rendered faces, within minutes on two CPU cores. */

import { defaultAugmentation } from "@candor/data";
import { starterConfig } from "@candor/models";
import type { RunConfig } from "./runConfig.ts";

const vocabularySize = 640;

/**
 * The starter recipe; all of its numbers are our choices, as the paper trains large pretrained models.
 *
 * @param manifest the Arrow file that `nx run data:render` wrote
 * @param datasets of the manifest, which are trained on
 */
export function starter(
  method: RunConfig["method"],
  manifest: string,
  datasets: readonly string[] = ["D1"],
): RunConfig {
  const { vit, connector, lm } = starterConfig(vocabularySize, {
    question: [0, 0],
    yesId: 0,
    noId: 1,
    eosId: 0,
  });
  return {
    recipe: "starter",
    method,
    seed: 0,
    manifest,
    datasets: [...datasets],
    imageSize: vit.imageSize,
    // FLIP normalises by ImageNet's statistics, though its encoder is CLIP's.
    normalization: method.startsWith("flip") ? "imagenet" : "clip",
    vit,
    connector,
    lm,
    pretrained: {},
    groups: [],
    flip: {
      text: { vocabularySize, maxTokens: 32, width: 64, layers: 2, heads: 4, mlpRatio: 4 },
      embeddingWidth: 64,
      hidden: 64,
      projection: { hidden: 128, outputs: 64 },
      promptsAsPublished: false,
    },
    caption: "captionSpoof",
    maxAnswerTokens: 40,
    loss: "lopsided",
    alpha: 0.7,
    steps: 620,
    batchSize: 32,
    checkpointEvery: 100,
    evaluateEvery: 310,
    optimizer: {
      learningRate: 2e-3,
      betas: [0.9, 0.98],
      weightDecay: 0.05,
      maxGradNorm: 1,
      warmupSteps: 40,
    },
    // Crops are resampled, and that blurs the dots of a print and the grid of a screen.
    augmentation: { ...defaultAugmentation, minScale: 1 },
  };
}
