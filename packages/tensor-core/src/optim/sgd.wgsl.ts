/** @file The update of plain stochastic gradient descent. */

import { read, wgsl, write, type KernelSpec } from "../kernel/kernelSpec.ts";
import { flatGroup } from "../kernel/wgsl/flatIndex.ts";

/** parameter -= rate * gradient, in place, four elements an invocation. */
export const updateSgd = {
  label: "sgd.update",
  workgroup: 64,
  buffers: { gradient: read("vec4<f32>"), parameter: write("vec4<f32>") },
  uniforms: { quads: "u32", learningRate: "f32" },
  body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i < params.quads) { parameter[i] -= params.learningRate * gradient[i]; }
}`,
} as const satisfies KernelSpec;
