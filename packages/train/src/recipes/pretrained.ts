/** @file Recipes over published weights, which the user has on disk; for GPUs. The paper publishes no size and no rate: all numbers are our choices. */

import { flipViews } from "@candor/data";
import { clipConfigs, type LmConfig } from "@candor/models";
import type { RunConfig } from "./runConfig.ts";
import { starter } from "./starter.ts";

const smolLm135M: LmConfig = {
  vocabularySize: 49_152,
  width: 576,
  layers: 30,
  heads: 9,
  kvHeads: 3,
  hidden: 1536,
  ropeBase: 10_000,
  tiedHead: true,
};

const qwen25Of1500M: LmConfig = {
  vocabularySize: 151_936,
  width: 1536,
  layers: 28,
  heads: 12,
  kvHeads: 2,
  hidden: 8960,
  ropeBase: 1_000_000,
  tiedHead: true,
  attentionBias: "queryKeyValue",
};

/** Frozen encoder, trained connector, LoRA on the language model's attention. */
function overPublished(
  method: RunConfig["method"],
  manifest: string,
  datasets: readonly string[] | undefined,
  change: Pick<
    RunConfig,
    "recipe" | "vit" | "lm" | "connector" | "pretrained" | "weights" | "recomputeLayers"
  >,
): RunConfig {
  const base = starter(method, manifest, datasets);
  const isIfas = method === "ifas";
  const { weights, ...sizes } = change;
  return {
    ...base,
    ...sizes,
    // The other methods train all of their encoder.
    ...(isIfas && weights !== undefined ? { weights } : {}),
    imageSize: change.vit.imageSize,
    pretrained: isIfas ? change.pretrained : { vision: change.pretrained.vision },
    ...(isIfas
      ? {
          lora: {
            rank: 16,
            alpha: 32,
            targets: ["lm.layers.*.attention.query", "lm.layers.*.attention.value"],
            alsoTrain: ["connector.*"],
          },
        }
      : {}),
    steps: 4000,
    batchSize: 8,
    checkpointEvery: 250,
    evaluateEvery: 500,
    optimizer: { ...base.optimizer, learningRate: isIfas ? 1e-4 : 1e-5, warmupSteps: 200 },
    augmentation: { ...base.augmentation, minScale: 0.9 },
  };
}

/** CLIP ViT-B/16 and SmolLM-135M; 32 queries and depth 2 are ours. */
export function clipB16SmolLm135M(
  method: RunConfig["method"],
  manifest: string,
  datasets?: readonly string[],
): RunConfig {
  return overPublished(method, manifest, datasets, {
    recipe: "clip-b16-smollm-135m",
    vit: clipConfigs["clip-vit-b16"].vit,
    lm: smolLm135M,
    connector: { kind: "gac", width: 768, queries: 32, depth: 2, heads: 12, mlpRatio: 4 },
    pretrained: { vision: "weights/clip-vit-base-patch16", lm: "weights/SmolLM-135M" },
  });
}

/**
 * CLIP ViT-L/14 and Qwen2.5-1.5B; GAC with the 96 queries, depth 4 and 8 heads of the third-party reimplementation. Frozen
 * matrices are f16 and layers are computed again, so that a card of 24 GB holds a batch of 32 (docs/scale.md).
 */
export function clipL14Qwen25Of1500M(
  method: RunConfig["method"],
  manifest: string,
  datasets?: readonly string[],
): RunConfig {
  return overPublished(method, manifest, datasets, {
    recipe: "clip-l14-qwen2.5-1.5b",
    vit: clipConfigs["clip-vit-l14"].vit,
    lm: qwen25Of1500M,
    connector: { kind: "gac", width: 1024, queries: 96, depth: 4, heads: 8, mlpRatio: 4 },
    pretrained: { vision: "weights/clip-vit-large-patch14", lm: "weights/Qwen2.5-1.5B" },
    weights: "f16",
    recomputeLayers: true,
  });
}

/**
 * FLIP's published settings on CLIP ViT-B/16: rate 1e-6 (1e-4 for the ViT of its tables) and decay 1e-6, 4001 steps, 224 pixels,
 * ImageNet's statistics, Adam with its coupled decay at a constant rate, saturation of HSV for half of the images, and
 * FLIP-MCL's views. arXiv:2309.16649.
 */
export function flipPublished(
  method: RunConfig["method"],
  manifest: string,
  datasets?: readonly string[],
): RunConfig {
  const base = starter(method, manifest, datasets);
  return {
    ...base,
    recipe: "flip-published",
    normalization: "imagenet",
    vit: clipConfigs["clip-vit-b16"].vit,
    imageSize: 224,
    pretrained: { vision: "weights/clip-vit-base-patch16" },
    flip: {
      ...base.flip,
      text: clipConfigs["clip-vit-b16"].text,
      embeddingWidth: 512,
      hidden: 512,
      projection: { hidden: 4096, outputs: 256 },
      promptsAsPublished: true,
      views: flipViews,
    },
    steps: 4001,
    // Three images of each class and source data set; six with one source.
    batchSize: 6 * base.datasets.length,
    evaluateEvery: 1000,
    checkpointEvery: 500,
    optimizer: {
      algorithm: "adam",
      schedule: "constant",
      learningRate: method === "vit-binary" ? 1e-4 : 1e-6,
      betas: [0.9, 0.999],
      weightDecay: 1e-6,
      maxGradNorm: 1e9,
      warmupSteps: 0,
    },
    augmentation: {
      ...base.augmentation,
      brightness: 0,
      contrast: 0,
      saturation: 0,
      hsvSaturation: 0.2,
      jitter: 0.5,
    },
  };
}
