/** @file Reductions over the invocations of a workgroup, by a tree in workgroup memory. */

import { wgsl } from "../kernelSpec.ts";

/**
 * `workgroupSum(value, lane)` and `workgroupMax(value, lane)`: the same result in every invocation, in a fixed order.
 * WG must be a power of two, and every invocation must call.
 */
export const workgroupReduce = wgsl`
var<workgroup> reduceScratch: array<f32, WG>;

fn workgroupSum(value: f32, lane: u32) -> f32 {
  reduceScratch[lane] = value;
  workgroupBarrier();
  for (var half = WG / 2u; half > 0u; half /= 2u) {
    if (lane < half) { reduceScratch[lane] += reduceScratch[lane + half]; }
    workgroupBarrier();
  }
  let total = reduceScratch[0];
  workgroupBarrier();
  return total;
}

fn workgroupMax(value: f32, lane: u32) -> f32 {
  reduceScratch[lane] = value;
  workgroupBarrier();
  for (var half = WG / 2u; half > 0u; half /= 2u) {
    if (lane < half) { reduceScratch[lane] = max(reduceScratch[lane], reduceScratch[lane + half]); }
    workgroupBarrier();
  }
  let largest = reduceScratch[0];
  workgroupBarrier();
  return largest;
}
`;
