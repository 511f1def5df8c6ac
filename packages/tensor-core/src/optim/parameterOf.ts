/** @file What every optimiser asks of a gradient. */

import { sameShape, ShapeError, showShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * The parameter that a gradient belongs to.
 *
 * @throws ShapeError if the optimiser has no parameter of that name, or the shapes differ
 */
export function parameterOf(
  op: string,
  params: ReadonlyMap<string, Tensor>,
  name: string,
  gradient: Tensor,
): Tensor {
  const parameter = params.get(name);
  if (!parameter) throw new ShapeError(`[${op}] there is no parameter ${name} for this gradient`);
  parameter.assertLive(op);
  gradient.assertLive(op);
  if (!sameShape(parameter.shape, gradient.shape)) {
    throw new ShapeError(
      `[${op}] the gradient of ${name} must be ${showShape(parameter.shape)}, got ${showShape(gradient.shape)}`,
    );
  }
  return parameter;
}
