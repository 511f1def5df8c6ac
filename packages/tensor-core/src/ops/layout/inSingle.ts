/** @file What is stored as f16 and computed in f32. */

import { freeAfter } from "../../autograd/tape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { cast } from "./cast.ts";

/** Applies an op to x of f16 as f32, and rounds its result once. What is made on the way is freed. */
export function inSingle(x: Tensor, op: (x: Tensor) => Tensor): Tensor {
  return freeAfter(x.device, () => cast(op(cast(x, "f32")), "f16"));
}
