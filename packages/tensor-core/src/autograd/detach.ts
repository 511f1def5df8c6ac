/** @file Where gradients stop. */

import type { DType } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * The tensor as a constant: the same values in the same memory, through which no gradient goes. `stopGradient` elsewhere.
 *
 * @param x [...] of any dtype
 * @returns [...] of the same
 *
 * Numerics: exact. Gradients: none.
 */
export function detach<D extends DType>(x: Tensor<D>): Tensor<D> {
  x.assertLive("detach");
  return x.view(x.shape); // which the tape is not told of, unlike that of reshape
}
