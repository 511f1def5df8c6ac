/** @file Axes in reverse. */

import { defineOp } from "../../autograd/defineOp.ts";
import { normalizeAxis, stridesOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { stridedCopy } from "./stridedCopy.ts";

const flipOp = defineOp<{ x: Tensor }, never, { axes: readonly number[] }, never>({
  name: "flip",
  shape: ({ x }) => ({ y: { shape: x.shape, dtype: x.dtype } }),
  forward: ({ x, y }, { axes }) => {
    const strides = stridesOf(x.shape);
    let offset = 0;
    // Steps back are large unsigned numbers to the kernel, whose sums wrap.
    for (const axis of axes) {
      const step = strides[axis] ?? 1;
      offset += ((x.shape[axis] ?? 1) - 1) * step;
      strides[axis] = -step;
    }
    stridedCopy("flip", { x, offset, strides }, y);
  },
  save: [],
  gradient: (_, dy, { axes }) => ({ x: flip(dy, axes) }),
});

/**
 * Reverses the order along axes.
 *
 * @param x    any shape and dtype
 * @param axes negative ones count from the end
 * @returns    the shape of x; x itself, not a copy, if there are no axes
 * @throws ShapeError if an axis is out of range
 *
 * Numerics: exact. Gradients: x.
 */
export function flip(x: Tensor, axes: readonly number[]): Tensor {
  const order = [...new Set(axes.map((axis) => normalizeAxis("flip", axis, x.rank)))];
  return order.length === 0 ? x : flipOp({ x }, { axes: order });
}
