/** @file Plain stochastic gradient descent. */

import { run } from "../autograd/defineOp.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { assertApart, elementsOf, parameterOf, partsOf } from "./parameterParts.ts";
import { maxSgdParameters, updateSgd } from "./sgd.wgsl.ts";

/**
 * Takes one step in place: p = p − rate · g. A parameter without a gradient stays as it is.
 *
 * @param params       f32 tensors by name
 * @param grads        gradients by the same names
 * @param learningRate a function where a captured step takes another rate each time
 * @throws ShapeError if a gradient has no parameter or another shape, or two names stand for one tensor; nothing is
 *                    changed then
 */
export function sgdStep(
  params: ReadonlyMap<string, Tensor>,
  grads: ReadonlyMap<string, Tensor>,
  learningRate: number | (() => number),
): void {
  const moved = new Map<string, Tensor>();
  for (const [name, gradient] of grads) moved.set(name, parameterOf("sgdStep", params, name, gradient));
  assertApart("sgdStep", moved);
  const [first] = moved.values();
  if (!first) return;
  using _parts = first.device.scope();
  const parts = partsOf(moved, first.device.maxBindingBytes);
  for (let start = 0; start < parts.length; start += maxSgdParameters) {
    const together = parts.slice(start, start + maxSgdParameters);
    const kernel = updateSgd(together.length);
    const tensors: Record<string, Tensor> = {};
    const uniforms: Record<string, number | (() => number)> = { learningRate };
    let groups = 0;
    for (const [i, part] of together.entries()) {
      const quads = Math.ceil(part.size / 4);
      const own = Math.ceil(quads / 64);
      groups += own;
      tensors[`gradient${i}`] = elementsOf(part, grads.get(part.name) as Tensor);
      tensors[`parameter${i}`] = elementsOf(part, part.parameter);
      uniforms[`quads${i}`] = quads;
      uniforms[`groups${i}`] = own;
    }
    run(kernel, tensors, uniforms, groups);
  }
}
