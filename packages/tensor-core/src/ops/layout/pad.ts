/** @file A constant around a tensor. */

import { defineOp } from "../../autograd/defineOp.ts";
import { freeAfter } from "../../autograd/tape.ts";
import { assertNumbers } from "../../tensor/assertNumbers.ts";
import { ShapeError, showShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { padAxis } from "./padAxis.ts";
import { slice } from "./slice.ts";

interface Attributes {
  readonly axis: number;
  readonly before: number;
  readonly after: number;
  readonly value: number;
}

const padOp = defineOp<{ x: Tensor }, never, Attributes, "x">({
  name: "pad",
  shape: ({ x }, { axis, before, after }) => ({
    y: { shape: x.shape.with(axis, before + (x.shape[axis] ?? 1) + after), dtype: x.dtype },
  }),
  forward: ({ x, y }, { axis, before, value }) => padAxis(x, y, axis, before, value),
  save: ["x"],
  gradient: ({ x }, dy, { axis, before }) => ({ x: slice(dy, axis, before, before + (x.shape[axis] ?? 1)) }),
});

/**
 * Puts a constant before and after the elements of each axis.
 *
 * @param x      any shape and dtype
 * @param widths [before, after] for each axis
 * @param value  the constant; default 0
 * @returns      [before + n + after, ...]
 * @throws ShapeError unless there are two whole widths >= 0 for each axis
 * @throws RangeError if the constant for i32 or u32 is none of its numbers
 *
 * Numerics: exact. Gradients: x.
 */
export function pad(x: Tensor, widths: readonly (readonly [number, number])[], value = 0): Tensor {
  if (widths.length !== x.rank || widths.flat().some((n) => !Number.isInteger(n) || n < 0)) {
    throw new ShapeError(
      `[pad] widths must be [before, after] for each of the ${x.rank} axes of ${showShape(x.shape)}, ` +
        `whole and >= 0, got ${JSON.stringify(widths)}`,
    );
  }
  assertNumbers("[pad] the tensor", x.dtype, [value]);
  return freeAfter(x.device, () => {
    let y = x;
    widths.forEach(([before, after], axis) => {
      if (before + after > 0) y = padOp({ x: y }, { axis, before, after, value });
    });
    return y;
  });
}
