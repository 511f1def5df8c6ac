/** @file One element of each line for each id, and its gradient. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { windowUniforms } from "../layout/windowUniforms.ts";

const uniforms = { count: "u32", n: "u32", taken: "u32", inner: "u32" } as const;

/** y[o, j, i] = x[o, ids[o, j, i], i], zero where the id is no place; x is [outer, n, inner], y [outer, taken, inner]. */
export const gatherKernel = {
  label: "gather.forward",
  workgroup: 64,
  buffers: { x: read("u32"), ids: read("i32"), y: write("u32") },
  uniforms,
  body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let at = flatGroup(wid, nwg) * WG + lane;
  if (at >= params.count) { return; }
  let outer = at / (params.taken * params.inner);
  let id = u32(ids[at]); // a negative id is past the end
  var value = 0u;
  if (id < params.n) { value = x[(outer * params.n + id) * params.inner + at % params.inner]; }
  y[at] = value;
}`,
} as const satisfies KernelSpec;

/** dx[o, k, i] = Σ_j dy[o, j, i] where ids[o, j, i] = k, in the order of j: no atomics, the same bits each time. */
export const gatherBackward = {
  label: "gather.backward.x",
  workgroup: 64,
  buffers: { ids: read("i32"), dy: read(), dx: write() },
  uniforms,
  body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let at = flatGroup(wid, nwg) * WG + lane;
  if (at >= params.count) { return; }
  let place = (at / params.inner) % params.n;
  let start = at / (params.n * params.inner) * params.taken * params.inner + at % params.inner;
  var total = 0.0;
  for (var j = 0u; j < params.taken; j++) {
    let source = start + j * params.inner;
    if (u32(ids[source]) == place) { total += dy[source]; }
  }
  dx[at] = total;
}`,
} as const satisfies KernelSpec;

const inWindows = { ...uniforms, ...windowUniforms } as const;

const mainOfPart = wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  let at = i + params.first;
`;

/** The same for parts of y and of the ids, and windows of x; see `recordByWindows`. */
export const gatherInWindows = {
  ...gatherKernel,
  uniforms: inWindows,
  constants: { WINDOWS: true },
  body: wgsl`${mainOfPart}  let outer = at / (params.taken * params.inner);
  let id = u32(ids[i]);
  let source = (outer * params.n + id) * params.inner + at % params.inner - params.begin;
  if (id >= params.n) {
    y[i] = 0u;
  } else if (source < params.window) {
    y[i] = x[source];
  }
}`,
} as const satisfies KernelSpec;

/** The same for parts of dx, which is zero at first, and windows of the ids and of dy, which are added in their order. */
export const gatherBackwardInWindows = {
  ...gatherBackward,
  uniforms: inWindows,
  constants: { WINDOWS: true },
  body: wgsl`${mainOfPart}  let place = (at / params.inner) % params.n;
  let start = at / (params.n * params.inner) * params.taken * params.inner + at % params.inner;
  var total = dx[i];
  // From the first in the window on.
  for (var j = (max(start, params.begin) - start + params.inner - 1u) / params.inner; j < params.taken; j++) {
    let source = start + j * params.inner - params.begin;
    if (source >= params.window) { break; }
    if (u32(ids[source]) == place) { total += dy[source]; }
  }
  dx[i] = total;
}`,
} as const satisfies KernelSpec;
