/** @file Parameters as runs of elements that a device can bind, and what every optimiser asks of them. */

import { assertOneDevice } from "../tensor/run.ts";
import { rangeAlignment, type Tensor } from "../tensor/tensor.ts";
import { sameShape, ShapeError, showShape } from "../tensor/shape.ts";

/** A rate, or a schedule: the rate of a step by the number of steps before it. */
export type LearningRate = number | ((step: number) => number);

/** Elements of a parameter that one binding holds; most parameters are one part. */
export interface ParameterPart {
  readonly name: string;
  readonly parameter: Tensor;
  readonly start: number;
  readonly size: number;
}

/** Cuts what has more than `maxBytes`. */
export function partsOf(params: ReadonlyMap<string, Tensor>, maxBytes: number): ParameterPart[] {
  const most = Math.max(1, Math.floor(maxBytes / 4 / rangeAlignment)) * rangeAlignment;
  const parts: ParameterPart[] = [];
  for (const [name, parameter] of params) {
    for (let start = 0; start < parameter.size; start += most) {
      parts.push({ name, parameter, start, size: Math.min(most, parameter.size - start) });
    }
  }
  return parts;
}

/** The elements of a part, in the parameter or in its gradient. */
export function elementsOf({ start, size }: ParameterPart, tensor: Tensor): Tensor {
  return size === tensor.size ? tensor : tensor.range(start, [size]);
}

/**
 * The parameter that a gradient belongs to.
 *
 * @throws ShapeError if the optimiser has no parameter of that name, or the shapes or devices differ
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
  assertOneDevice(op, parameter, gradient, `${name} and its gradient`);
  if (!sameShape(parameter.shape, gradient.shape) || gradient.dtype !== parameter.dtype) {
    throw new ShapeError(
      `[${op}] the gradient of ${name} must be ${showShape(parameter.shape)} ${parameter.dtype}, ` +
        `got ${showShape(gradient.shape)} ${gradient.dtype}`,
    );
  }
  if (parameter.dtype !== "f32") {
    throw new ShapeError(`[${op}] ${name} must be f32, got ${parameter.dtype}: update an f32 copy of it`);
  }
  return parameter;
}

/**
 * @throws ShapeError if parameters live on two devices, or two names stand for the same memory, as tied weights do: it would
 *                    be updated twice
 */
export function assertApart(op: string, params: ReadonlyMap<string, Tensor>): void {
  assertTogether(op, params);
  const names = new Map<number, string>();
  for (const [name, { binding }] of params) {
    const other = names.get(binding.pooled.id);
    if (other !== undefined) {
      throw new ShapeError(
        `[${op}] ${other} and ${name} are one tensor and would be updated twice: leave one name out, ` +
          `here and in valueAndGrad, as by parameters.delete("${name}")`,
      );
    }
    names.set(binding.pooled.id, name);
  }
}

/** @throws ShapeError if tensors live on two devices */
export function assertTogether(op: string, tensors: ReadonlyMap<string, Tensor>, of = ""): void {
  const [first] = tensors;
  if (!first) return;
  for (const [name, tensor] of tensors) assertOneDevice(op, first[1], tensor, `${of}${first[0]} and ${name}`);
}
