/** @file The same values in another dtype. */

import { defineOp, runElements } from "../../autograd/defineOp.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { type DType, isFloat } from "../../tensor/dtype.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { castKernel } from "./cast.wgsl.ts";

const kernelOf = byVariant(({ from, to }: { from: DType; to: DType }) => castKernel(from, to));

const castOp = defineOp<{ x: Tensor }, never, { dtype: DType }, "x">({
  name: "cast",
  shape: ({ x }, { dtype }) => ({ y: { shape: x.shape, dtype } }),
  forward: ({ x, y }) => castInto(x, y),
  save: ["x"],
  gradient: ({ x }, dy, { dtype }) => (isFloat(x.dtype) && isFloat(dtype) ? { x: cast(dy, x.dtype) } : {}),
});

/** Writes x into y, in y's dtype. */
export function castInto(x: Tensor, y: Tensor): void {
  if (x.size === 0) return;
  runElements(kernelOf({ from: x.dtype, to: y.dtype }), { x, y }, {});
}

/**
 * Converts the elements; a tensor that has the dtype already is returned as it is.
 *
 * To f16 rounds to nearest even, and beyond 65,504 gives infinity. Floats to whole numbers lose their fraction and stop
 * at the ends of the range; what NaN becomes is the adapter's to say. Between i32 and u32 the bits stay.
 *
 * @param x any shape and dtype
 * @returns the shape of x in `dtype`
 *
 * Gradients: x, between float dtypes, cast back: a master weight in f32 may be used in f16.
 */
export function cast<D extends DType>(x: Tensor, dtype: D): Tensor<D> {
  return (x.dtype === dtype ? x : castOp({ x }, { dtype })) as Tensor<D>;
}
