/** @file Where the largest or smallest element of an axis stands. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";

/** x is [outer, n, inner], y [outer, inner]: a workgroup a result; of equal elements the first, and NaN before all numbers. */
export function argKernel({ largest }: { largest: boolean }) {
  return {
    label: largest ? "argmax" : "argmin",
    workgroup: 32,
    buffers: { x: read(), y: write("i32") },
    uniforms: { count: "u32", n: "u32", inner: "u32" },
    body: wgsl`
${flatGroup}
var<workgroup> values: array<f32, WG>;
var<workgroup> places: array<u32, WG>;

/** True if the element at place i goes before the one at j. A NaN does not equal itself. */
fn precedes(a: f32, i: u32, b: f32, j: u32) -> bool {
  let beyond = a ${largest ? ">" : "<"} b || (!(a == a) && b == b);
  let level = a == b || !(a == a);
  return beyond || (level && i < j);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let group = flatGroup(wid, nwg);
  if (group >= params.count) { return; }
  let start = (group / params.inner) * params.n * params.inner + group % params.inner;
  // Lanes past the end repeat the first element, which loses to itself.
  var place = select(0u, lane, lane < params.n);
  var value = x[start + place * params.inner];
  for (var i = lane + WG; i < params.n; i += WG) {
    let next = x[start + i * params.inner];
    if (precedes(next, i, value, place)) { value = next; place = i; }
  }
  values[lane] = value;
  places[lane] = place;
  workgroupBarrier();
  for (var half = WG / 2u; half > 0u; half /= 2u) {
    if (lane < half && precedes(values[lane + half], places[lane + half], values[lane], places[lane])) {
      values[lane] = values[lane + half];
      places[lane] = places[lane + half];
    }
    workgroupBarrier();
  }
  if (lane == 0u) { y[group] = i32(places[0]); }
}`,
  } as const satisfies KernelSpec;
}
