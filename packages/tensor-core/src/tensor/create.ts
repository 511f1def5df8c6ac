/** @file Making tensors from values. */

import type { Device } from "./device.ts";
import type { DType } from "./dtype.ts";
import { fill } from "./fill.ts";
import { type Shape, ShapeError, showShape, sizeOf } from "./shape.ts";
import { Tensor } from "./tensor.ts";

/**
 * A tensor with the given values.
 *
 * @param values as many as the shape holds, row-major
 * @throws ShapeError if the count differs or a dimension is not a whole number
 */
export function tensor<D extends DType = "f32">(
  device: Device,
  values: ArrayLike<number>,
  shape: Shape = [values.length],
  dtype: D = "f32" as D,
): Tensor<D> {
  assertDimensions("tensor", shape);
  if (values.length !== sizeOf(shape)) {
    throw new ShapeError(`[tensor] ${showShape(shape)} needs ${sizeOf(shape)} values, got ${values.length}`);
  }
  return Tensor.allocate(device, shape, dtype, "tensor").write(values);
}

/** A tensor filled with one value, by the device. */
export function full<D extends DType = "f32">(
  device: Device,
  shape: Shape,
  value: number,
  dtype: D = "f32" as D,
): Tensor<D> {
  assertDimensions("full", shape);
  return fill(Tensor.allocate(device, shape, dtype, "tensor"), value);
}

export function zeros<D extends DType = "f32">(
  device: Device,
  shape: Shape,
  dtype: D = "f32" as D,
): Tensor<D> {
  return full(device, shape, 0, dtype);
}

export function ones<D extends DType = "f32">(
  device: Device,
  shape: Shape,
  dtype: D = "f32" as D,
): Tensor<D> {
  return full(device, shape, 1, dtype);
}

function assertDimensions(op: string, shape: Shape): void {
  if (shape.some((n) => !Number.isInteger(n) || n < 0)) {
    throw new ShapeError(`[${op}] every dimension must be a whole number >= 0, got ${showShape(shape)}`);
  }
}
