/** @file The sum of two gradients of one tensor. */

import { read, wgsl, write, type KernelSpec } from "../kernel/kernelSpec.ts";
import { flatGroup } from "../kernel/wgsl/flatIndex.ts";
import { Tensor } from "../tensor/tensor.ts";

const addKernel = {
  label: "autograd.add",
  workgroup: 64,
  buffers: { a: read("vec4<f32>"), b: read("vec4<f32>"), y: write("vec4<f32>") },
  uniforms: { quads: "u32" },
  body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i < params.quads) { y[i] = a[i] + b[i]; }
}`,
} as const satisfies KernelSpec;

/** `a + b` of equal shapes, in new memory: either may still be another tensor's gradient. */
export function addGradients(a: Tensor, b: Tensor): Tensor {
  const y = Tensor.allocate(a.device, a.shape, "f32", "a sum of gradients");
  const quads = Math.ceil(a.size / 4);
  a.device.recorder.dispatch(
    addKernel,
    { a: a.binding, b: b.binding, y: y.binding },
    { quads },
    Math.ceil(quads / addKernel.workgroup),
  );
  return y;
}
