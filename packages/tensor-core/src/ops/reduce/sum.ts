/** @file Sums and means. */

import { defineOp } from "../../autograd/defineOp.ts";
import { freeAfter } from "../../autograd/tape.ts";
import { isFloat } from "../../tensor/dtype.ts";
import { normalizeAxis, sameShape, type Shape, ShapeError, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { broadcastTo } from "../layout/broadcastTo.ts";
import { inSingle } from "../layout/inSingle.ts";
import { reshape } from "../layout/reshape.ts";
import { scale } from "../elementwise/unary.ts";
import { reduceAxis, type ReduceOptions } from "./reduceAxis.ts";

const sumAxis = defineOp<{ x: Tensor }, never, { axis: number; factor: number }, "x">({
  name: "sum",
  shape: ({ x }, { axis }) => ({ y: { shape: x.shape.with(axis, 1), dtype: x.dtype } }),
  forward: ({ x, y }, { axis, factor }) => reduceAxis("sum", x, y, axis, factor),
  save: ["x"],
  gradient: ({ x }, dy, { factor }) => ({ x: broadcastTo(factor === 1 ? dy : scale(dy, factor), x.shape) }),
});

/**
 * Sums over one axis, or over all elements where no axis is given.
 *
 * @param x [..., n, ...] f32, or f16, whose sum is made in f32 and rounded once; i32 and u32 wrap around
 * @returns [..., ...] of the dtype of x, or [] over all
 * @throws ShapeError if the axis is out of range
 *
 * Numerics: in a fixed order; depth n, at most 4096, or about 2 sqrt(n) where sums are long, or few and no software adds them. Gradients: x.
 */
export function sum(x: Tensor, axis?: number, options: ReduceOptions = {}): Tensor {
  return reduceBy("sum", x, axis, options, () => 1);
}

/** The mean of floats over one axis, or over all elements; otherwise as {@link sum}. */
export function mean(x: Tensor, axis?: number, options: ReduceOptions = {}): Tensor {
  if (!isFloat(x.dtype)) throw new ShapeError(`[mean] x must be f32 or f16, got ${x.dtype}: cast it`);
  return reduceBy("mean", x, axis, options, (n) => 1 / n);
}

/**
 * Sums away the axes along which `shape` was broadcast to the shape of x.
 *
 * @throws ShapeError if `shape` does not broadcast to x.shape
 */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  if (x.dtype === "f16") return inSingle(x, (wide) => sumTo(wide, shape));
  return freeAfter(x.device, () => sumRepeated(x, shape));
}

function sumRepeated(x: Tensor, shape: Shape): Tensor {
  const lead = x.rank - shape.length;
  let y = x;
  for (let axis = 0; axis < x.rank; axis++) {
    if (axis >= lead && shape[axis - lead] === x.shape[axis]) continue;
    // Neighbouring axes that go together are one axis to the kernel.
    let end = axis + 1;
    while (end < x.rank && (end < lead || shape[end - lead] !== x.shape[end])) end++;
    const merged = [...y.shape.slice(0, axis), sizeOf(y.shape.slice(axis, end)), ...x.shape.slice(end)];
    const summed = sumAxis({ x: reshape(y, merged) }, { axis, factor: 1 });
    y = reshape(summed, [
      ...y.shape.slice(0, axis),
      ...y.shape.slice(axis, end).map(() => 1),
      ...x.shape.slice(end),
    ]);
    axis = end - 1;
  }
  return reshape(y, shape);
}

function reduceBy(
  op: string,
  x: Tensor,
  axis: number | undefined,
  options: ReduceOptions,
  factorOf: (n: number) => number,
): Tensor {
  if (x.dtype === "f16") return inSingle(x, (wide) => reduceBy(op, wide, axis, options, factorOf));
  return freeAfter(x.device, () => {
    if (axis === undefined)
      return reshape(
        sumAxis({ x: reshape(x, [x.size]) }, { axis: 0, factor: factorOf(x.size) }),
        options.keepAxis ? x.shape.map(() => 1) : [],
      );
    const at = normalizeAxis(op, axis, x.rank);
    const y = sumAxis({ x }, { axis: at, factor: factorOf(x.shape[at] ?? 1) });
    return options.keepAxis ? y : reshape(y, [...x.shape.slice(0, at), ...x.shape.slice(at + 1)]);
  });
}
