/** @file Root-mean-square normalisation over the last axis. Zhang and Sennrich 2019, arXiv:1910.07467. */

import { defineOp, recordByRows, run } from "../../autograd/defineOp.ts";
import { freeAfter } from "../../autograd/tape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { NormOptions } from "./layerNorm.ts";
import { rmsNormBackwardWeight, rmsNormBackwardX, rmsNormForward } from "./rmsNorm.wgsl.ts";
import {
  assertRows,
  assertVector,
  byWholeQuads,
  recordByBlocks,
  rowLayout,
  sumOfBlocks,
  widenedBeside,
} from "./rowLayout.ts";

const rmsNormOp = defineOp<{ x: Tensor; weight: Tensor }, "rstd", { eps: number }, "x" | "weight" | "rstd">({
  name: "rmsNorm",
  shape: ({ x, weight }) => {
    assertVector("rmsNorm", "weight", weight, assertRows("rmsNorm", x));
    return {
      y: { shape: x.shape, dtype: x.dtype },
      rstd: { shape: x.shape.slice(0, -1), dtype: "f32" },
    };
  },
  forward: ({ x, weight, y, rstd }, { eps }) => {
    const { variant, rows, items, dim } = rowLayout(x);
    recordByRows({ x, y, rstd }, rows, (part, count) =>
      run(rmsNormForward(variant), { ...part, weight }, { rows: count, items, dim, eps }, count),
    );
  },
  save: ["x", "weight", "rstd"],
  accumulates: ["x"],
  gradient: ({ x, weight, rstd }, dy, _attributes, needs, { x: known }) => {
    const layout = rowLayout(x);
    const { variant, rows, items, dim, blockRows, blocks } = layout;
    let dx: Tensor | undefined;
    if (needs.has("x")) {
      dx = Tensor.allocate(x.device, x.shape, x.dtype, "[rmsNorm] dx");
      const adds = known ? 1 : 0;
      recordByRows({ x, rstd, dy, known: known ?? dy, dx }, rows, (part, count) =>
        run(rmsNormBackwardX(variant), { ...part, weight }, { rows: count, items, adds, dim }, count),
      );
    }
    if (!needs.has("weight")) return { x: dx };
    const dweights = Tensor.allocate(x.device, [blocks, dim], "f32", "[rmsNorm] dweight by blocks");
    const kernel = rmsNormBackwardWeight(variant);
    recordByBlocks(layout, { x, rstd, dy }, { dweights }, (part, rowsHere, count) =>
      run(kernel, part, { rows: rowsHere, items, blockRows, count }, Math.ceil(count / kernel.workgroup)),
    );
    return { x: dx, weight: sumOfBlocks(dweights) };
  },
});

/**
 * Scales each row to a root mean square of one, then by the weight:
 *
 *     y = x rstd weight,   rstd = 1 / sqrt(avg(x²) + eps)
 *
 * @param x       [..., D] f32 or f16
 * @param weight  [D] f32, or f16 beside x of f16
 * @param options eps, default 1e-6
 * @returns       [..., D] of x's dtype
 * @throws ShapeError if weight is not [D], x has no axis, or a dtype differs
 *
 * Numerics: sums and f16 as in layerNorm. Gradients: x, weight, each in its dtype.
 */
export function rmsNorm(x: Tensor, weight: Tensor, options: NormOptions = {}): Tensor {
  const eps = options.eps ?? 1e-6;
  return freeAfter(x.device, () => {
    const scale = widenedBeside(x, weight);
    return byWholeQuads(x, (rows) => rmsNormOp({ x: rows, weight: scale }, { eps }));
  });
}
