/** @file The sum of two gradients of one tensor. */

import { elementwiseKernel } from "../kernel/elementwiseKernel.ts";
import { quadFormat } from "../kernel/wgsl/quadFormat.ts";
import { byVariant } from "../kernel/wgsl/rowReduce.ts";
import { isFloat } from "../tensor/dtype.ts";
import { runElements } from "../tensor/run.ts";
import { Tensor } from "../tensor/tensor.ts";

export const addGradientsKernel = byVariant(({ dtype }: { dtype: "f32" | "f16" }) =>
  elementwiseKernel(
    {
      label: `autograd.add${quadFormat(dtype).suffix}`,
      inputs: { a: dtype, b: dtype },
      output: dtype,
      expression: "a + b",
    },
    "y",
  ),
);

/** `a + b` of equal shapes, in new memory: either may still be another tensor's gradient. */
export function addGradients(a: Tensor, b: Tensor): Tensor {
  const y = Tensor.allocate(a.device, a.shape, a.dtype, "a sum of gradients");
  runElements(addGradientsKernel({ dtype: isFloat(a.dtype) ? a.dtype : "f32" }), { a, b, y }, {});
  return y;
}
