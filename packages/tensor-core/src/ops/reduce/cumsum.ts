/** @file Running sums. */

import { defineOp, recordByRows, run } from "../../autograd/defineOp.ts";
import { normalizeAxis, ShapeError, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { inSingle } from "../layout/inSingle.ts";
import { cumsumKernel } from "./cumsum.wgsl.ts";

const cumsumOp = defineOp<{ x: Tensor }, never, { axis: number; reverse: boolean }, never>({
  name: "cumsum",
  shape: ({ x }) => {
    if (x.dtype !== "f32") throw new ShapeError(`[cumsum] x must be f32 or f16, got ${x.dtype}`);
    return { y: { shape: x.shape, dtype: "f32" } };
  },
  forward: ({ x, y }, { axis, reverse }) => {
    const n = x.shape[axis] ?? 1;
    const inner = sizeOf(x.shape.slice(axis + 1));
    recordByRows({ x, y }, x.size / n / inner, (part, outer) => {
      const count = outer * inner;
      const uniforms = { count, n, inner, reverse: reverse ? 1 : 0 };
      run(cumsumKernel, part, uniforms, Math.ceil(count / cumsumKernel.workgroup));
    });
  },
  save: [],
  gradient: (_, dy, { axis, reverse }) => ({ x: sumAlong(dy, axis, !reverse) }),
});

function sumAlong(x: Tensor, axis: number, reverse: boolean): Tensor {
  return cumsumOp({ x }, { axis, reverse });
}

/**
 * Element i is the sum of the elements 0 to i along the axis.
 *
 * @param x [..., n, ...] f32 or f16
 * @returns the shape and dtype of x
 * @throws ShapeError if the axis is out of range
 *
 * Numerics: in order, one invocation a line; depth n. Gradients: x, as a sum from the end.
 */
export function cumsum(x: Tensor, axis: number): Tensor {
  const at = normalizeAxis("cumsum", axis, x.rank);
  if (x.dtype === "f16") return inSingle(x, (wide) => cumsum(wide, at));
  return sumAlong(x, at, false);
}
