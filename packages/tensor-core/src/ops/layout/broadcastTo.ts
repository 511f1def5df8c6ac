/** @file Repeats axes of size one. */

import { defineOp } from "../../autograd/defineOp.ts";
import {
  assertDimensions,
  broadcastShapes,
  sameShape,
  type Shape,
  ShapeError,
  showShape,
  stridesOf,
} from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { sumTo } from "../reduce/sum.ts";
import { stridedCopy } from "./stridedCopy.ts";

const broadcastToOp = defineOp<{ x: Tensor }, never, { shape: Shape }, "x">({
  name: "broadcastTo",
  shape: ({ x }, { shape }) => {
    assertDimensions("broadcastTo", shape);
    if (!sameShape(broadcastShapes("broadcastTo", x.shape, shape), shape)) {
      throw new ShapeError(`[broadcastTo] ${showShape(x.shape)} does not broadcast to ${showShape(shape)}`);
    }
    return { y: { shape, dtype: x.dtype } };
  },
  forward: ({ x, y }) =>
    stridedCopy("broadcastTo", { x, offset: 0, strides: broadcastStrides(x.shape, y.shape) }, y),
  save: ["x"],
  gradient: ({ x }, dy) => ({ x: sumTo(dy, x.shape) }),
});

/**
 * Repeats the elements along new axes and axes of size one, by NumPy's rule.
 *
 * @param x any shape and dtype
 * @returns x itself, not a copy, if it has that shape
 * @throws ShapeError if x does not broadcast to `shape`, or a dimension is no whole number
 *
 * Gradients: x.
 */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : broadcastToOp({ x }, { shape });
}

/** Strides of `from` read as if it had the shape `to`: zero along repeated axes. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const strides = stridesOf(from);
  const lead = to.length - from.length;
  return to.map((_, i) => (i < lead || from[i - lead] === 1 ? 0 : (strides[i - lead] ?? 0)));
}
