/** @file How the tensors of attention are stored: all as f32, or all as f16. */

import { isFloat } from "../../tensor/dtype.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** What is stored so: inputs, results and gradients. Sums, weights and statistics are f32. */
export interface Stored {
  readonly dtype: "f32" | "f16";
}

/** How a float tensor is stored. */
export function storedAs({ dtype }: Tensor): Stored {
  return { dtype: dtype === "f16" ? "f16" : "f32" };
}

/** True if the tensors have one float dtype. */
export function storedAlike(tensors: readonly Tensor[]): boolean {
  return tensors.every(({ dtype }) => isFloat(dtype) && dtype === tensors[0]?.dtype);
}
