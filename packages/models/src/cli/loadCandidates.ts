/** @file Models that `nx run models:load` knows, and what a run of each multiplies. */

import {
  type Device,
  type Module,
  Random,
  tensor,
  type Tensor,
  type TensorToStore,
  toFloat16,
} from "@candor/tensor-core";
import { Clip } from "../clip/clip.ts";
import { type ClipConfig, clipConfigs } from "../clip/clipConfig.ts";
import { openClip } from "../clip/openClip.ts";
import { clipLayout, publishedFromClipConfig } from "../clip/publishedClip.ts";
import { Lm } from "../lm/lm.ts";
import type { LmConfig } from "../lm/lmConfig.ts";
import { matricesAs, openLm } from "../lm/openLm.ts";
import { lmLayout, publishedFromLmConfig } from "../lm/publishedLm.ts";
import { linearMapsAs } from "../weights/modelFolder.ts";
import type { PlanOptions } from "../weights/planWeights.ts";
import type { WeightLayout } from "../weights/weightLayout.ts";

const languageModels: Readonly<Record<string, LmConfig>> = {
  "smollm-135m": {
    vocabularySize: 49_152,
    width: 576,
    layers: 30,
    heads: 9,
    kvHeads: 3,
    hidden: 1536,
    ropeBase: 10_000,
    tiedHead: true,
    normEpsilon: 1e-5,
  },
  "qwen2.5-1.5b": {
    vocabularySize: 151_936,
    width: 1536,
    layers: 28,
    heads: 12,
    kvHeads: 2,
    hidden: 8960,
    ropeBase: 1_000_000,
    tiedHead: true,
    attentionBias: "queryKeyValue",
  },
};

/** A model of one of the names. */
export interface Candidate {
  readonly build: (device: Device) => Module;
  readonly layout: WeightLayout;
  readonly published: Record<string, unknown>;
  open(device: Device, folder: string, dtype: "f16" | "f32"): Promise<Module>;
  /** The dtypes of parameters when it is opened as one. */
  dtypes(dtype: "f16" | "f32"): NonNullable<PlanOptions["dtype"]>;
  run(device: Device, model: Module): Tensor;
  /** Multiplications and additions of the run's matrix products. */
  readonly flop: number;
}

/** Products of a transformer of T tokens: 2 per weight and token, and 4 T² D for the scores. */
const stackFlop = (tokens: number, width: number, layers: number, weights: number) =>
  layers * (2 * tokens * weights + 4 * tokens ** 2 * width);

/** Weights of a block with four square maps and a perceptron. */
const blockWeights = (width: number, ratio: number) => (4 + 2 * ratio) * width ** 2;

function clipCandidate(config: ClipConfig): Candidate {
  const { vit, text, embeddingWidth } = config;
  const patches = (vit.imageSize / vit.patchSize) ** 2;
  return {
    build: (device) => new Clip(device, config, new Random(0)),
    layout: clipLayout(config),
    published: publishedFromClipConfig(config),
    open: (device, folder, dtype) => openClip(device, folder, { dtype }),
    dtypes: linearMapsAs,
    run: (device, model) => {
      const { imageSize } = vit;
      const images = tensor(device, new Float32Array(3 * imageSize ** 2).fill(0.5), [
        1,
        3,
        imageSize,
        imageSize,
      ]);
      const ids = Array.from({ length: text.maxTokens }, (_, i) => 7 * i + 1);
      return (model as Clip).forward(images, tensor(device, ids, [1, ids.length], "i32"));
    },
    flop:
      2 * patches * 3 * vit.patchSize ** 2 * vit.width +
      stackFlop(patches + 1, vit.width, vit.layers, blockWeights(vit.width, vit.mlpRatio)) +
      stackFlop(text.maxTokens, text.width, text.layers, blockWeights(text.width, text.mlpRatio)) +
      2 * (vit.width + text.width) * embeddingWidth,
  };
}

function lmCandidate(config: LmConfig): Candidate {
  const { width, layers, heads, kvHeads, hidden, vocabularySize } = config;
  const tokens = 64;
  const weights = (2 + (2 * kvHeads) / heads) * width ** 2 + 3 * width * hidden;
  return {
    build: (device) => new Lm(device, config, new Random(0)),
    layout: lmLayout(config),
    published: publishedFromLmConfig(config),
    open: (device, folder, dtype) => openLm(device, folder, { dtype }),
    dtypes: matricesAs,
    run: (device, model) => {
      const lm = model as Lm;
      const ids = Array.from({ length: tokens }, (_, i) => 7 * i + 1);
      return lm.logits(lm.forwardEmbeddings(lm.embed(tensor(device, ids, [1, tokens], "i32")), 0));
    },
    flop: stackFlop(tokens, width, layers, weights) + 2 * tokens * width * vocabularySize,
  };
}

/** Of {@link randomValues}, beside the size of the tensor. */
export const randomSeed = 0x9e3779b9;

/** Values before they repeat: a prime, so that no two of the first so many rows of a tensor are alike. */
export const randomPeriod = 65_521;

/**
 * Random halves at the scale of initial weights. One block of {@link randomPeriod} values is drawn and repeated: billions of
 * values are then written as fast as the disk takes them, and loading and running take what they take with any others.
 */
export function randomValues(name: string, shape: readonly number[]): TensorToStore {
  const size = shape.reduce((product, n) => product * n, 1);
  const bound = shape.length > 1 ? Math.sqrt(3 / (size / (shape[0] ?? 1))) : 0.02;
  const centre = /norm\S*\.weight$/.test(name) ? 1 : 0;
  const block = new Float32Array(Math.min(size, randomPeriod));
  let state = randomSeed ^ size;
  for (let i = 0; i < block.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    block[i] = centre + (state / 2 ** 31) * bound;
  }
  const halves = toFloat16(block);
  const data = new Uint16Array(size);
  for (let at = 0; at < size; at += randomPeriod) data.set(halves.subarray(0, size - at), at);
  return { shape, data };
}

/** The model of a name; undefined for a name that is none. */
export function candidateOf(name: string): Candidate | undefined {
  const clip = (clipConfigs as Readonly<Record<string, ClipConfig>>)[name];
  if (clip) return clipCandidate(clip);
  const lm = languageModels[name];
  return lm && lmCandidate(lm);
}
