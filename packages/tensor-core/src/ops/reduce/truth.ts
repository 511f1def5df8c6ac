/** @file Whether any, or all, elements are not zero. */

import { freeAfter, noGrad } from "../../autograd/tape.ts";
import { full, zeros } from "../../tensor/create.ts";
import { normalizeAxis } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { notEqual } from "../elementwise/compare.ts";
import { max, min } from "./extremes.ts";
import type { ReduceOptions } from "./reduceAxis.ts";

/**
 * 1 where an element along the axis, or of all where no axis is given, is not zero, else 0; of no elements 0. NaN is not
 * zero.
 *
 * @param x [..., n, ...] of any dtype
 * @returns [..., ...] f32, or [] over all
 * @throws ShapeError if the axis is out of range
 */
export function any(x: Tensor, axis?: number, options: ReduceOptions = {}): Tensor {
  return truth("any", x, axis, options);
}

/** 1 where no element along the axis is zero, else 0; of no elements 1. Otherwise as {@link any}. */
export function all(x: Tensor, axis?: number, options: ReduceOptions = {}): Tensor {
  return truth("all", x, axis, options);
}

function truth(name: "any" | "all", x: Tensor, axis: number | undefined, options: ReduceOptions): Tensor {
  const at = axis === undefined ? undefined : normalizeAxis(name, axis, x.rank);
  const n = at === undefined ? x.size : x.shape[at];
  if (n === 0) {
    const kept = x.shape.map((size, i) => (at === undefined || i === at ? 1 : size));
    const shape = options.keepAxis ? kept : at === undefined ? [] : kept.toSpliced(at, 1);
    return full(x.device, shape, name === "all" ? 1 : 0);
  }
  return noGrad(() =>
    freeAfter(x.device, () => {
      const flags = notEqual(x, zeros(x.device, [], x.dtype));
      return name === "any" ? max(flags, at, options) : min(flags, at, options);
    }),
  );
}
