/** @file Operands of elementwise kernels: of one dtype, and of one shape in memory. */

import { isFloat } from "../../tensor/dtype.ts";
import { sameShape, type Shape, ShapeError } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { broadcastTo } from "../layout/broadcastTo.ts";

/** @throws ShapeError unless both have one float dtype */
export function commonFloat(op: string, a: Tensor, b: Tensor): "f32" | "f16" {
  if (isFloat(a.dtype) && a.dtype === b.dtype) return a.dtype;
  throw new ShapeError(
    `[${op}] both sides must be f32, or both f16, got ${a.dtype} and ${b.dtype}: cast one`,
  );
}

/** Operands that the kernels can read: whole, except a b that repeats along leading axes in whole quads. */
export function spread(a: Tensor, b: Tensor, shape: Shape): { a: Tensor; b: Tensor } {
  const repeats = b.size % 4 === 0 && b.size > 0 && sameShape(b.shape, shape.slice(shape.length - b.rank));
  return { a: broadcastTo(a, shape), b: repeats ? b : broadcastTo(b, shape) };
}

/** Quads of an operand, after which it repeats. */
export function quadsOf(b: Tensor): number {
  return Math.max(1, Math.ceil(b.size / 4));
}
