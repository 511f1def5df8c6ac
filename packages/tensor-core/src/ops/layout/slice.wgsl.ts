/** @file The gradient of a slice: dy in its place, zero around it. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";

/** A row is one index of all axes before the sliced one; within it dy fills `length` elements from `start`. */
export const sliceBackward = {
  label: "slice.backward.x",
  workgroup: 64,
  buffers: { dy: read(), dx: write() },
  uniforms: { count: "u32", row: "u32", start: "u32", length: "u32" },
  body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  let outer = i / params.row;
  let place = i - outer * params.row;
  var value = 0.0;
  if (place >= params.start && place - params.start < params.length) {
    value = dy[outer * params.length + place - params.start];
  }
  dx[i] = value;
}`,
} as const satisfies KernelSpec;
