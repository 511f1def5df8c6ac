/** @file The WGSL of each kernel in one or two instances, as files: read in review, compiled by `nx run tools:wgsl`. */

import { describe, expect, it } from "vitest";
import { assemble } from "../kernel/assemble.ts";
import type { KernelSpec } from "../kernel/kernelSpec.ts";
import {
  attentionBackwardKeyPlain,
  attentionBackwardQueryPlain,
  attentionForwardPlain,
} from "./attention/attentionPlain.wgsl.ts";
import { attentionWeighShared, attentionWeightsShared } from "./attention/attentionBackward.wgsl.ts";
import { attentionDecodeJoin, attentionDecodeSplit } from "./attention/attentionDecode.wgsl.ts";
import { attentionVisibility } from "./attention/attentionMask.wgsl.ts";
import { attentionForwardShared, sharedVariant } from "./attention/attentionShared.wgsl.ts";
import { attentionStats } from "./attention/attentionStats.wgsl.ts";
import { appendKeyValueKernel } from "./attention/keyValueCache.wgsl.ts";
import { rotaryKernel, rotaryOffsetKernel } from "./attention/rotary.wgsl.ts";
import { crossEntropyBackward, crossEntropyForward } from "./loss/crossEntropy.wgsl.ts";
import { layerNormBackwardParams, layerNormBackwardX, layerNormForward } from "./normalize/layerNorm.wgsl.ts";
import { rmsNormBackwardWeight, rmsNormBackwardX, rmsNormForward } from "./normalize/rmsNorm.wgsl.ts";
import { softmaxBackward, softmaxForward } from "./normalize/softmax.wgsl.ts";
import { maxMonoid, reduceKernel, sumMonoid } from "./reduce/reduce.wgsl.ts";

const shared = { quads: true, lanes: 8 };
const plain = { quads: false, lanes: 1 };

const kernels: Readonly<Record<string, KernelSpec>> = {
  "attention.visibility": attentionVisibility,
  "attention.forward.plain": attentionForwardPlain({ quads: 16, rolled: false }),
  "attention.backward.query.plain": attentionBackwardQueryPlain({ quads: 32, rolled: true }),
  "attention.backward.key.plain": attentionBackwardKeyPlain({ quads: 32, rolled: true }),
  "attention.forward.shared": attentionForwardShared(sharedVariant(16, 8, 16)),
  "attention.backward.stats": attentionStats,
  "attention.backward.weights.shared": attentionWeightsShared({ lanes: 8 }),
  "attention.backward.query.shared": attentionWeighShared({
    rows: "queries",
    lanes: 8,
    fold: 1,
  }),
  "attention.backward.key.shared": attentionWeighShared({ rows: "keys", lanes: 8, fold: 2 }),
  "attention.decode.split": attentionDecodeSplit,
  "attention.decode.join": attentionDecodeJoin,
  "attention.appendKeyValue": appendKeyValueKernel,
  "rotaryEmbedding.quads": rotaryKernel({ quads: true }),
  "rotaryEmbedding.scalars": rotaryKernel({ quads: false }),
  "rotaryEmbedding.offset": rotaryOffsetKernel({ quads: true }),
  "crossEntropy.forward.shared": crossEntropyForward({ ...shared, dtype: "f32" }),
  "crossEntropy.forward.shared.f16": crossEntropyForward({ ...shared, dtype: "f16" }),
  "crossEntropy.forward.plain": crossEntropyForward({ ...plain, dtype: "f32" }),
  "crossEntropy.backward.logits.shared": crossEntropyBackward({ ...shared, dtype: "f32" }),
  "crossEntropy.backward.logits.plain": crossEntropyBackward({ ...plain, dtype: "f32" }),
  "crossEntropy.backward.logits.plain.f16": crossEntropyBackward({ quads: true, lanes: 1, dtype: "f16" }),
  "layerNorm.forward.shared": layerNormForward(shared),
  "layerNorm.forward.plain": layerNormForward(plain),
  "layerNorm.backward.x.shared": layerNormBackwardX(shared),
  "layerNorm.backward.x.plain": layerNormBackwardX(plain),
  "layerNorm.backward.params": layerNormBackwardParams(shared),
  "rmsNorm.forward.shared": rmsNormForward(shared),
  "rmsNorm.forward.plain": rmsNormForward(plain),
  "rmsNorm.backward.x.shared": rmsNormBackwardX(shared),
  "rmsNorm.backward.weight": rmsNormBackwardWeight(plain),
  "softmax.forward.shared": softmaxForward(shared),
  "softmax.forward.plain": softmaxForward(plain),
  "softmax.backward.x.shared": softmaxBackward(shared),
  "reduce.sum.quads": reduceKernel(sumMonoid, true),
  "reduce.sum.scalars": reduceKernel(sumMonoid, false),
  "reduce.max": reduceKernel(maxMonoid, false),
};

describe("WGSL of the ops", () => {
  it.each(Object.entries(kernels))("%s is as reviewed", async (name, kernel) => {
    await expect(assemble(kernel)).toMatchFileSnapshot(`__wgsl__/${name}.wgsl`);
  });
});
