/** @file Plain stochastic gradient descent. */

import { run } from "../autograd/defineOp.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { parameterOf } from "./parameterOf.ts";
import { updateSgd } from "./sgd.wgsl.ts";

/**
 * Takes one step in place: p = p − rate · g. A parameter without a gradient stays as it is.
 *
 * @param params f32 tensors by name
 * @param grads  gradients by the same names
 * @throws ShapeError if a gradient has no parameter or another shape; nothing is changed then
 */
export function sgdStep(
  params: ReadonlyMap<string, Tensor>,
  grads: ReadonlyMap<string, Tensor>,
  learningRate: number,
): void {
  for (const [name, gradient] of grads) parameterOf("sgdStep", params, name, gradient);
  for (const [name, gradient] of grads) {
    const parameter = params.get(name) as Tensor;
    const quads = Math.ceil(parameter.size / 4);
    run(updateSgd, { gradient, parameter }, { quads, learningRate }, Math.ceil(quads / updateSgd.workgroup));
  }
}
