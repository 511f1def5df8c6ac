/** @file A range of one axis. */

import { defineOp } from "../../autograd/defineOp.ts";
import { normalizeAxis, ShapeError, showShape, stridesOf } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { padAxis } from "./padAxis.ts";
import { stridedCopy } from "./stridedCopy.ts";

interface Range {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
}

const sliceOp = defineOp<{ x: Tensor }, never, Range, "x">({
  name: "slice",
  shape: ({ x }, { axis, start, end }) => ({
    y: { shape: x.shape.map((n, i) => (i === axis ? end - start : n)), dtype: x.dtype },
  }),
  forward: ({ x, y }, { axis, start }) => {
    const strides = stridesOf(x.shape);
    stridedCopy("slice", { x, offset: start * (strides[axis] ?? 1), strides }, y);
  },
  save: ["x"],
  gradient: ({ x }, dy, { axis, start }) => {
    const dx = Tensor.allocate(x.device, x.shape, x.dtype, "[slice] dx");
    padAxis(dy, dx, axis, start, 0);
    return { x: dx };
  },
});

/**
 * Copies the elements from `start` up to, not including, `end` along one axis.
 *
 * @param x     [..., n, ...] of any dtype
 * @param axis  negative ones count from the end
 * @param start negative ones count from the end of the axis, as in NumPy
 * @param end   likewise; default n
 * @returns     [..., end - start, ...]
 * @throws ShapeError unless 0 <= start <= end <= n
 *
 * Numerics: exact. Gradients: x, zero outside of the range.
 */
export function slice(x: Tensor, axis: number, start: number, end?: number): Tensor {
  const at = normalizeAxis("slice", axis, x.rank);
  const n = x.shape[at] ?? 1;
  const [from, to] = [start < 0 ? start + n : start, end === undefined ? n : end < 0 ? end + n : end];
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || from > to || to > n) {
    throw new ShapeError(
      `[slice] ${start} to ${end ?? n} is no range of axis ${axis} of ${showShape(x.shape)}: ` +
        `use ${-n} to ${n}, the start not after the end`,
    );
  }
  return from === 0 && to === n ? x : sliceOp({ x }, { axis: at, start: from, end: to });
}
