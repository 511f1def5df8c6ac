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

const shared = { quads: true, lanes: 8, dtype: "f32" } as const;
const plain = { quads: false, lanes: 1, dtype: "f32" } as const;
const sharedHalf = { ...shared, dtype: "f16" } as const;
const plainHalf = { quads: true, lanes: 1, dtype: "f16" } as const;

const kernels: Readonly<Record<string, KernelSpec>> = {
  "attention.visibility": attentionVisibility,
  "attention.forward.plain": attentionForwardPlain({ quads: 16, rolled: false, dtype: "f32" }),
  "attention.forward.plain.f16": attentionForwardPlain({ quads: 32, rolled: true, dtype: "f16" }),
  "attention.backward.query.plain": attentionBackwardQueryPlain({ quads: 32, rolled: true, dtype: "f32" }),
  "attention.backward.query.plain.f16": attentionBackwardQueryPlain({
    quads: 16,
    rolled: false,
    dtype: "f16",
  }),
  "attention.backward.key.plain": attentionBackwardKeyPlain({ quads: 32, rolled: true, dtype: "f32" }),
  "attention.backward.key.plain.f16": attentionBackwardKeyPlain({ quads: 16, rolled: false, dtype: "f16" }),
  "attention.forward.shared": attentionForwardShared({ ...sharedVariant(16, 8, 16), dtype: "f32" }),
  "attention.forward.shared.f16": attentionForwardShared({ ...sharedVariant(16, 8, 16), dtype: "f16" }),
  "attention.backward.stats": attentionStats({ dtype: "f32" }),
  "attention.backward.stats.f16": attentionStats({ dtype: "f16" }),
  "attention.backward.weights.shared": attentionWeightsShared({ lanes: 8, dtype: "f32" }),
  "attention.backward.weights.shared.f16": attentionWeightsShared({ lanes: 8, dtype: "f16" }),
  "attention.backward.query.shared": attentionWeighShared({
    rows: "queries",
    lanes: 8,
    fold: 1,
    dtype: "f32",
  }),
  "attention.backward.query.shared.f16": attentionWeighShared({
    rows: "queries",
    lanes: 8,
    fold: 1,
    dtype: "f16",
  }),
  "attention.backward.key.shared": attentionWeighShared({ rows: "keys", lanes: 8, fold: 2, dtype: "f32" }),
  "attention.backward.key.shared.f16.partial": attentionWeighShared({
    rows: "keys",
    lanes: 8,
    fold: 2,
    dtype: "f16",
    partial: true,
  }),
  "attention.decode.split": attentionDecodeSplit({ dtype: "f32" }),
  "attention.decode.split.f16": attentionDecodeSplit({ dtype: "f16" }),
  "attention.decode.join": attentionDecodeJoin({ dtype: "f32" }),
  "attention.decode.join.f16": attentionDecodeJoin({ dtype: "f16" }),
  "attention.appendKeyValue": appendKeyValueKernel({ dtype: "f32" }),
  "attention.appendKeyValue.f16": appendKeyValueKernel({ dtype: "f16" }),
  "rotaryEmbedding.quads": rotaryKernel({ quads: true, dtype: "f32" }),
  "rotaryEmbedding.quads.f16": rotaryKernel({ quads: true, dtype: "f16" }),
  "rotaryEmbedding.scalars": rotaryKernel({ quads: false, dtype: "f32" }),
  "rotaryEmbedding.offset": rotaryOffsetKernel({ quads: true, dtype: "f32" }),
  "rotaryEmbedding.offset.f16": rotaryOffsetKernel({ quads: true, dtype: "f16" }),
  "crossEntropy.forward.shared": crossEntropyForward(shared),
  "crossEntropy.forward.shared.f16": crossEntropyForward(sharedHalf),
  "crossEntropy.forward.plain": crossEntropyForward(plain),
  "crossEntropy.backward.logits.shared": crossEntropyBackward(shared),
  "crossEntropy.backward.logits.plain": crossEntropyBackward(plain),
  "crossEntropy.backward.logits.plain.f16": crossEntropyBackward(plainHalf),
  "layerNorm.forward.shared": layerNormForward(shared),
  "layerNorm.forward.plain": layerNormForward(plain),
  "layerNorm.backward.x.shared": layerNormBackwardX(shared),
  "layerNorm.backward.x.plain": layerNormBackwardX(plain),
  "layerNorm.backward.params": layerNormBackwardParams(shared),
  "layerNorm.forward.shared.f16": layerNormForward(sharedHalf),
  "layerNorm.backward.x.plain.f16": layerNormBackwardX(plainHalf),
  "layerNorm.backward.params.f16": layerNormBackwardParams(sharedHalf),
  "rmsNorm.forward.shared": rmsNormForward(shared),
  "rmsNorm.forward.plain": rmsNormForward(plain),
  "rmsNorm.backward.x.shared": rmsNormBackwardX(shared),
  "rmsNorm.backward.weight": rmsNormBackwardWeight(plain),
  "rmsNorm.forward.plain.f16": rmsNormForward(plainHalf),
  "rmsNorm.backward.x.shared.f16": rmsNormBackwardX(sharedHalf),
  "rmsNorm.backward.weight.f16": rmsNormBackwardWeight(sharedHalf),
  "softmax.forward.shared": softmaxForward(shared),
  "softmax.forward.plain": softmaxForward(plain),
  "softmax.forward.shared.f16": softmaxForward(sharedHalf),
  "softmax.backward.x.shared": softmaxBackward(shared),
  "softmax.backward.x.plain.f16": softmaxBackward(plainHalf),
  "reduce.sum.quads": reduceKernel(sumMonoid, true),
  "reduce.sum.scalars": reduceKernel(sumMonoid, false),
  "reduce.max": reduceKernel(maxMonoid, false),
  "reduce.max.i32": reduceKernel(maxMonoid, true, "i32"),
};

describe("WGSL of the ops", () => {
  it.each(Object.entries(kernels))("%s is as reviewed", async (name, kernel) => {
    await expect(assemble(kernel)).toMatchFileSnapshot(`__wgsl__/${name}.wgsl`);
  });
});
