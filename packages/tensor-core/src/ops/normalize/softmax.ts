/** @file Softmax over the last axis. */

import { defineOp, recordByRows, run } from "../../autograd/defineOp.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { assertRows, byWholeQuads, rowLayout } from "./rowLayout.ts";
import { softmaxBackward, softmaxForward } from "./softmax.wgsl.ts";

const softmaxOp = defineOp<{ x: Tensor }, never, object, "y">({
  name: "softmax",
  shape: ({ x }) => {
    assertRows("softmax", x);
    return { y: { shape: x.shape, dtype: x.dtype } };
  },
  forward: ({ x, y }) => {
    const { variant, rows, items } = rowLayout(x);
    recordByRows({ x, y }, rows, (part, count) =>
      run(softmaxForward(variant), part, { rows: count, items }, count),
    );
  },
  save: ["y"],
  gradient: ({ y }, dy) => {
    const dx = Tensor.allocate(y.device, y.shape, y.dtype, "[softmax] dx");
    const { variant, rows, items } = rowLayout(y);
    recordByRows({ y, dy, dx }, rows, (part, count) =>
      run(softmaxBackward(variant), part, { rows: count, items }, count),
    );
    return { x: dx };
  },
});

/**
 * Softmax over the last axis: y = e^(x - max) / Σ e^(x - max).
 *
 * @param x [..., D] f32 or f16
 * @returns [..., D] of x's dtype, each row sums to 1
 * @throws ShapeError if x has no axis or is neither f32 nor f16
 *
 * Numerics: the row's maximum is subtracted first, so nothing overflows. f16 is read as it is stored where D is a multiple
 * of four, else cast; the arithmetic is f32, and each result is rounded once. Gradients: x, in its dtype.
 */
export function softmax(x: Tensor): Tensor {
  return byWholeQuads(x, (rows) => softmaxOp({ x: rows }, {}));
}
