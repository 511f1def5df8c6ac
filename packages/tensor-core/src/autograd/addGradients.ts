/** @file The sum of two gradients of one tensor. */

import { read, wgsl, write, type KernelSpec } from "../kernel/kernelSpec.ts";
import { flatGroup } from "../kernel/wgsl/flatIndex.ts";
import { quadFormat } from "../kernel/wgsl/quadFormat.ts";
import { byVariant } from "../kernel/wgsl/rowReduce.ts";
import { isFloat } from "../tensor/dtype.ts";
import { runElements } from "../tensor/run.ts";
import { Tensor } from "../tensor/tensor.ts";

export const addGradientsKernel = byVariant(({ dtype }: { dtype: "f32" | "f16" }) => {
  const { element, load, store, functions, suffix } = quadFormat(dtype);
  return {
    label: `autograd.add${suffix}`,
    workgroup: 64,
    buffers: { a: read(element), b: read(element), y: write(element) },
    uniforms: { quads: "u32" },
    body: wgsl`
${flatGroup}${functions}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i < params.quads) { y[i] = ${store(`${load("a[i]")} + ${load("b[i]")}`)}; }
}`,
  } as const satisfies KernelSpec;
});

/** `a + b` of equal shapes, in new memory: either may still be another tensor's gradient. */
export function addGradients(a: Tensor, b: Tensor): Tensor {
  const y = Tensor.allocate(a.device, a.shape, a.dtype, "a sum of gradients");
  runElements(addGradientsKernel({ dtype: isFloat(a.dtype) ? a.dtype : "f32" }), { a, b, y }, {});
  return y;
}
