/** @file Softmax over the last axis. */

import { defineOp, recordByRows, run } from "../../autograd/defineOp.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { assertRows, rowLayout } from "./rowLayout.ts";
import { softmaxBackward, softmaxForward } from "./softmax.wgsl.ts";

const softmaxOp = defineOp<{ x: Tensor }, never, object, "y">({
  name: "softmax",
  shape: ({ x }) => {
    assertRows("softmax", x);
    return { y: { shape: x.shape, dtype: "f32" } };
  },
  forward: ({ x, y }) => {
    const { variant, rows, items } = rowLayout(x);
    recordByRows({ x, y }, rows, (part, count) =>
      run(softmaxForward(variant), part, { rows: count, items }, count),
    );
  },
  save: ["y"],
  gradient: ({ y }, dy) => {
    const dx = Tensor.allocate(y.device, y.shape, "f32", "[softmax] dx");
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
 * @param x [..., D] f32
 * @returns [..., D] f32, each row sums to 1
 * @throws ShapeError if x has no axis or is not f32
 *
 * Numerics: the row's maximum is subtracted first, so nothing overflows. Gradients: x.
 */
export function softmax(x: Tensor): Tensor {
  return softmaxOp({ x }, {});
}
