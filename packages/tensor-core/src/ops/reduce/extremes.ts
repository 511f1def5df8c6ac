/** @file The largest and the smallest element, and where they stand. */

import { defineOp, recordByRows, run } from "../../autograd/defineOp.ts";
import { freeAfter } from "../../autograd/tape.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { normalizeAxis, ShapeError, showShape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { div, mul } from "../elementwise/binary.ts";
import { equal } from "../elementwise/compare.ts";
import { cast } from "../layout/cast.ts";
import { inSingle } from "../layout/inSingle.ts";
import { reshape } from "../layout/reshape.ts";
import { argKernel } from "./argExtreme.wgsl.ts";
import { reduceAxis, type ReduceOptions } from "./reduceAxis.ts";
import { sum } from "./sum.ts";

type Name = "max" | "min";

function extremeOp(name: Name) {
  return defineOp<{ x: Tensor }, never, { axis: number }, "x" | "y">({
    name,
    shape: ({ x }, { axis }) => ({ y: { shape: x.shape.with(axis, 1), dtype: x.dtype } }),
    forward: ({ x, y }, { axis }) => reduceAxis(name, x, y, axis),
    save: ["x", "y"],
    gradient: ({ x, y }, dy, { axis }) => {
      const chosen = equal(x, y);
      return { x: mul(chosen, div(dy, sum(chosen, axis, { keepAxis: true }))) };
    },
  });
}

const extremes = { max: extremeOp("max"), min: extremeOp("min") };

function extreme(name: Name, x: Tensor, axis: number | undefined, options: ReduceOptions): Tensor {
  if (x.dtype === "f16") return inSingle(x, (wide) => extreme(name, wide, axis, options));
  return freeAfter(x.device, () => {
    const flat = axis === undefined ? reshape(x, [x.size]) : x;
    const at = normalizeAxis(name, axis ?? 0, flat.rank);
    assertSome(name, flat, at);
    const y = extremes[name]({ x: flat }, { axis: at });
    if (axis === undefined) return reshape(y, options.keepAxis ? x.shape.map(() => 1) : []);
    return options.keepAxis ? y : reshape(y, x.shape.toSpliced(at, 1));
  });
}

function assertSome(name: string, x: Tensor, axis: number): void {
  if (x.shape[axis] === 0) {
    throw new ShapeError(`[${name}] axis ${axis} of ${showShape(x.shape)} has no element to choose`);
  }
}

/**
 * The largest element along one axis, or of all elements where no axis is given: NaN where there is one.
 *
 * @param x [..., n, ...] of any dtype
 * @returns [..., ...] of the dtype of x, or [] over all
 * @throws ShapeError if the axis is out of range or has no elements
 *
 * Numerics: exact. Gradients: x; equal elements share it.
 */
export function max(x: Tensor, axis?: number, options: ReduceOptions = {}): Tensor {
  return extreme("max", x, axis, options);
}

/** The smallest element; otherwise as {@link max}. */
export function min(x: Tensor, axis?: number, options: ReduceOptions = {}): Tensor {
  return extreme("min", x, axis, options);
}

const kernelOf = byVariant(argKernel);

const argOp = defineOp<{ x: Tensor }, never, { axis: number; largest: boolean }, never>({
  name: "argmax",
  shape: ({ x }, { axis }) => ({ y: { shape: x.shape.toSpliced(axis, 1), dtype: "i32" } }),
  forward: ({ x, y }, { axis, largest }) => {
    const inner = sizeOf(x.shape.slice(axis + 1));
    const n = x.shape[axis] ?? 1;
    recordByRows({ x, y }, y.size / inner, (part) => {
      const count = part.y.size;
      run(kernelOf({ largest }), part, { count, n, inner }, count);
    });
  },
  save: [],
});

function argExtreme(name: "argmax" | "argmin", x: Tensor, axis: number): Tensor {
  const at = normalizeAxis(name, axis, x.rank);
  assertSome(name, x, at);
  if (x.dtype !== "f32" && x.dtype !== "f16") {
    throw new ShapeError(`[${name}] x must be f32 or f16, got ${x.dtype}: cast it`);
  }
  return freeAfter(x.device, () => argOp({ x: cast(x, "f32") }, { axis: at, largest: name === "argmax" }));
}

/**
 * The place of the largest element along one axis, the first of equal ones; where there is NaN, the place of the first.
 *
 * @param x [..., n, ...] f32 or f16
 * @returns [..., ...] i32, 0 to n - 1
 * @throws ShapeError if the axis is out of range or has no elements
 */
export function argmax(x: Tensor, axis = -1): Tensor {
  return argExtreme("argmax", x, axis);
}

/** The place of the smallest element; otherwise as {@link argmax}. */
export function argmin(x: Tensor, axis = -1): Tensor {
  return argExtreme("argmin", x, axis);
}
