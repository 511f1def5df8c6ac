/** @file The axes in another order. */

import { defineOp } from "../../autograd/defineOp.ts";
import { normalizeAxis, ShapeError, showShape, stridesOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { stridedCopy } from "./stridedCopy.ts";

const transposeOp = defineOp<{ x: Tensor }, never, { axes: readonly number[] }, never>({
  name: "transpose",
  shape: ({ x }, { axes }) => ({ y: { shape: axes.map((axis) => x.shape[axis] ?? 1), dtype: x.dtype } }),
  forward: ({ x, y }, { axes }) => {
    const strides = stridesOf(x.shape);
    stridedCopy("transpose", { x, offset: 0, strides: axes.map((axis) => strides[axis] ?? 1) }, y);
  },
  save: [],
  gradient: (_, dy, { axes }) => {
    const inverse: number[] = [];
    axes.forEach((axis, i) => (inverse[axis] = i));
    return { x: transpose(dy, inverse) };
  },
});

/**
 * Copies the elements with the axes in another order: axis i of the result is axis `axes[i]` of x.
 *
 * @param x    any shape and dtype; at most six axes that do not move together
 * @param axes each axis once; negative ones count from the end
 * @returns    [x.shape[axes[0]], x.shape[axes[1]], ...]; x itself, not a copy, if the order stays
 * @throws ShapeError if `axes` is no permutation
 *
 * Numerics: exact. Gradients: x.
 */
export function transpose(x: Tensor, axes: readonly number[]): Tensor {
  const order = axes.map((axis) => normalizeAxis("transpose", axis, x.rank));
  if (order.length !== x.rank || new Set(order).size !== x.rank) {
    throw new ShapeError(
      `[transpose] axes must name each of the ${x.rank} axes of ${showShape(x.shape)} once, got ${showShape(axes)}`,
    );
  }
  return order.every((axis, i) => axis === i) ? x : transposeOp({ x }, { axes: order });
}
