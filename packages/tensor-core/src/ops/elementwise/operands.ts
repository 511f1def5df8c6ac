/** @file Operands of elementwise kernels: of one dtype, and of one shape in memory. */

import { type DType, isFloat } from "../../tensor/dtype.ts";
import { sameShape, type Shape, ShapeError } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { broadcastTo } from "../layout/broadcastTo.ts";

/** @throws ShapeError unless both have one float dtype */
export function commonFloat(op: string, a: Tensor, b: Tensor): "f32" | "f16" {
  if (isFloat(a.dtype) && a.dtype === b.dtype) return a.dtype;
  const wrong = isFloat(a.dtype) || isFloat(b.dtype) ? "one" : "both";
  throw new ShapeError(
    `[${op}] both sides must be f32, or both f16, got ${a.dtype} and ${b.dtype}: cast ${wrong}`,
  );
}

/** @throws ShapeError unless both have one dtype: a float, or any where the op takes whole numbers */
export function commonDtype(op: string, a: Tensor, b: Tensor, whole: boolean): DType {
  if (whole && a.dtype === b.dtype) return a.dtype;
  if (!whole || isFloat(a.dtype) || isFloat(b.dtype)) return commonFloat(op, a, b);
  throw new ShapeError(`[${op}] both sides must have one dtype, got ${a.dtype} and ${b.dtype}: cast one`);
}

/**
 * Operands that the kernels can read: whole, except a b that repeats along leading axes in whole quads.
 *
 * @param reads names of those that are read; others stay as they are
 */
export function spread(
  a: Tensor,
  b: Tensor,
  shape: Shape,
  reads: object = { a, b },
): { a: Tensor; b: Tensor } {
  const repeats = b.size % 4 === 0 && b.size > 0 && sameShape(b.shape, shape.slice(shape.length - b.rank));
  return {
    a: "a" in reads ? broadcastTo(a, shape) : a,
    b: "b" in reads && !repeats ? broadcastTo(b, shape) : b,
  };
}

/** Quads of an operand, after which it repeats. */
export function quadsOf(b: Tensor): number {
  return Math.max(1, Math.ceil(b.size / 4));
}

/** Those of the names that an expression of WGSL contains. */
export function argumentsIn<N extends string>(expression: string, names: readonly N[]): N[] {
  const words = new Set(expression.split(/\W+/));
  return names.filter((name) => words.has(name));
}

/** Inputs of a formula: those of the names that its expression contains, all of one dtype. */
export function inputsIn<N extends string, D extends string>(
  expression: string,
  names: readonly N[],
  dtype: D,
): Partial<Record<N, D>> {
  return Object.fromEntries(argumentsIn(expression, names).map((name) => [name, dtype])) as Partial<
    Record<N, D>
  >;
}
