/** @file The kernel that scales a gradient by the norm of all. */

import { read, wgsl, write, type KernelSpec } from "../kernel/kernelSpec.ts";
import { flatGroup } from "../kernel/wgsl/flatIndex.ts";

/** y = g, scaled down where the norm is over the limit; four elements an invocation. */
export const clipKernel = {
  label: "gradNorm.clip",
  workgroup: 64,
  buffers: { g: read("vec4<f32>"), norm: read(), y: write("vec4<f32>") },
  uniforms: { maxNorm: "f32", quads: "u32" },
  body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.quads) { return; }
  let length = norm[0];
  y[i] = g[i] * select(1.0, params.maxNorm / length, length > params.maxNorm);
}`,
} as const satisfies KernelSpec;
