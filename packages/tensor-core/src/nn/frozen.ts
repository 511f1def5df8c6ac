/** @file Which parameters are frozen: a mark on the tensor, which goes to what takes its place. */

import type { Tensor } from "../tensor/tensor.ts";

/** @internal See `freeze`. */
export const frozen = new WeakSet<Tensor>();
