/** @file The factor of the products of queries and keys. */

import type { Tensor } from "../../tensor/tensor.ts";

/**
 * What is given, or 1 / sqrt(D).
 *
 * @param q [B, T, H, D]
 * @throws RangeError if it is no finite number
 */
export function scaleOf(op: string, given: number | undefined, q: Tensor): number {
  const scale = given ?? 1 / Math.sqrt(q.shape[3] as number);
  if (!Number.isFinite(scale)) throw new RangeError(`[${op}] scale must be a finite number, got ${scale}`);
  return scale;
}
