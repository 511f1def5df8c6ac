/** @file Layer normalisation over the last axis. Ba, Kiros, Hinton 2016, arXiv:1607.06450. */

import { defineOp, recordByRows, run } from "../../autograd/defineOp.ts";
import { freeAfter } from "../../autograd/tape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { layerNormBackwardParams, layerNormBackwardX, layerNormForward } from "./layerNorm.wgsl.ts";
import {
  assertRows,
  assertVector,
  byWholeQuads,
  recordByBlocks,
  rowLayout,
  sumOfBlocks,
  widenedBeside,
} from "./rowLayout.ts";

export interface NormOptions {
  /** Added to the variance. */
  readonly eps?: number;
}

const layerNormOp = defineOp<
  { x: Tensor; weight: Tensor; bias: Tensor },
  "mean" | "rstd",
  { eps: number },
  "x" | "weight" | "mean" | "rstd"
>({
  name: "layerNorm",
  shape: ({ x, weight, bias }) => {
    const dim = assertRows("layerNorm", x);
    assertVector("layerNorm", "weight", weight, dim);
    assertVector("layerNorm", "bias", bias, dim);
    const rows = { shape: x.shape.slice(0, -1), dtype: "f32" } as const;
    return { y: { shape: x.shape, dtype: x.dtype }, mean: rows, rstd: rows };
  },
  forward: ({ x, weight, bias, y, mean, rstd }, { eps }) => {
    const { variant, rows, items, dim } = rowLayout(x);
    recordByRows({ x, y, mean, rstd }, rows, (part, count) =>
      run(layerNormForward(variant), { ...part, weight, bias }, { rows: count, items, dim, eps }, count),
    );
  },
  save: ["x", "weight", "mean", "rstd"],
  accumulates: ["x"],
  gradient: ({ x, weight, mean, rstd }, dy, _attributes, needs, { x: known }) => {
    const layout = rowLayout(x);
    const { variant, rows, items, dim, blockRows, blocks } = layout;
    let dx: Tensor | undefined;
    if (needs.has("x")) {
      dx = Tensor.allocate(x.device, x.shape, x.dtype, "[layerNorm] dx");
      const adds = known ? 1 : 0;
      recordByRows({ x, mean, rstd, dy, known: known ?? dy, dx }, rows, (part, count) =>
        run(layerNormBackwardX(variant), { ...part, weight }, { rows: count, items, adds, dim }, count),
      );
    }
    if (!needs.has("weight") && !needs.has("bias")) return { x: dx };
    const dweights = Tensor.allocate(x.device, [blocks, dim], "f32", "[layerNorm] dweight by blocks");
    const dbiases = Tensor.allocate(x.device, [blocks, dim], "f32", "[layerNorm] dbias by blocks");
    const kernel = layerNormBackwardParams(variant);
    recordByBlocks(layout, { x, mean, rstd, dy }, { dweights, dbiases }, (part, rowsHere, count) =>
      run(kernel, part, { rows: rowsHere, items, blockRows, count }, Math.ceil(count / kernel.workgroup)),
    );
    return { x: dx, weight: sumOfBlocks(dweights), bias: sumOfBlocks(dbiases) };
  },
});

/**
 * Normalises each row, then scales and shifts it:
 *
 *     y = (x - mean) rstd weight + bias,   rstd = 1 / sqrt(var + eps)
 *
 * @param x       [..., D] f32 or f16
 * @param weight  [D] f32, or f16 beside x of f16
 * @param bias    likewise
 * @param options eps, default 1e-5
 * @returns       [..., D] of x's dtype
 * @throws ShapeError if weight or bias is not [D], x has no axis, or a dtype differs
 *
 * Numerics: two passes over the row, mean first. Depth of a row's sums: D / (4 lanes) + log2(lanes) + 2, of the
 * parameter sums about 2 sqrt(rows), or at most 2048, in a fixed order. f16 is read as it is stored where D is a multiple
 * of four, else cast; the arithmetic is f32, and so are mean and rstd. Gradients: x, weight, bias, each in its dtype.
 */
export function layerNorm(x: Tensor, weight: Tensor, bias: Tensor, options: NormOptions = {}): Tensor {
  const eps = options.eps ?? 1e-5;
  return freeAfter(x.device, () => {
    const [scale, shift] = [widenedBeside(x, weight), widenedBeside(x, bias)];
    return byWholeQuads(x, (rows) => layerNormOp({ x: rows, weight: scale, bias: shift }, { eps }));
  });
}
