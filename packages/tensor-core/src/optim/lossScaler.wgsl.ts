/** @file The kernel that takes a loss scale out of a gradient and looks for what is not finite. */

import { read, wgsl, write, type KernelSpec } from "../kernel/kernelSpec.ts";
import { flatGroup } from "../kernel/wgsl/flatIndex.ts";

/** y = g / scale; `overflow` is set to 1 where an element of either is infinite or NaN, told by its bits. */
export const unscaleKernel = {
  label: "lossScaler.unscale",
  workgroup: 64,
  buffers: { g: read("vec4<u32>"), scale: read(), y: write("vec4<f32>"), overflow: write("atomic<u32>") },
  uniforms: { count: "u32" },
  body: wgsl`
${flatGroup}
const exponent = vec4<u32>(0x7f800000u);

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (4u * i >= params.count) { return; }
  let word = g[i];
  let unscaled = bitcast<vec4<f32>>(word) / scale[0];
  // Elements past the end are whatever was there.
  let inside = vec4<u32>(4u * i) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(params.count);
  let bad = ((word & exponent) == exponent) | ((bitcast<vec4<u32>>(unscaled) & exponent) == exponent);
  if (any(inside & bad)) { atomicStore(&overflow[0], 1u); }
  y[i] = unscaled;
}`,
} as const satisfies KernelSpec;
