/** @file The gradient of a value with respect to itself. */

import { wgsl, write, type KernelSpec } from "../kernel/kernelSpec.ts";
import { run } from "../tensor/run.ts";
import { Tensor } from "../tensor/tensor.ts";

export const fillOnesKernel = {
  label: "autograd.ones",
  workgroup: 1,
  buffers: { y: write() },
  uniforms: {},
  body: wgsl`
@compute @workgroup_size(WG)
fn main() { y[0] = 1.0; }`,
} as const satisfies KernelSpec;

/** One, in the shape of a scalar: made by a kernel, since an upload would submit what is recorded so far. */
export function fillOnes(scalar: Tensor): Tensor {
  const y = Tensor.allocate(scalar.device, scalar.shape, "f32", "the gradient of the value");
  run(fillOnesKernel, { y }, {}, 1);
  return y;
}
