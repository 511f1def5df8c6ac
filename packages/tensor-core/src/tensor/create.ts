/** @file Making tensors from values. */

import { assertNumbers } from "./assertNumbers.ts";
import type { Device } from "./device.ts";
import type { DType } from "./dtype.ts";
import { fill } from "./fill.ts";
import { assertDimensions, type Shape, ShapeError, showShape, sizeOf } from "./shape.ts";
import { Tensor } from "./tensor.ts";

/**
 * A tensor with the given values.
 *
 * @param values as many as the shape holds, row-major
 * @throws ShapeError if the count differs or a dimension is not a whole number
 * @throws RangeError if a value for i32 or u32 is none of its numbers
 */
export function tensor<D extends DType = "f32">(
  device: Device,
  values: ArrayLike<number>,
  shape: Shape = [values.length],
  dtype: D = "f32" as D,
): Tensor<D> {
  return holding("tensor", device, values, shape, dtype);
}

function holding<D extends DType>(
  op: string,
  device: Device,
  values: ArrayLike<number>,
  shape: Shape,
  dtype: D,
): Tensor<D> {
  assertDimensions(op, shape);
  if (values.length !== sizeOf(shape)) {
    throw new ShapeError(`[${op}] ${showShape(shape)} needs ${sizeOf(shape)} values, got ${values.length}`);
  }
  assertNumbers(`[${op}] the tensor`, dtype, values);
  const made = Tensor.allocate(device, shape, dtype, "tensor");
  try {
    return made.write(values);
  } catch (error) {
    made.dispose();
    throw error;
  }
}

/**
 * A tensor filled with one value, by the device.
 *
 * @throws ShapeError if a dimension is not a whole number
 * @throws RangeError if the value for i32 or u32 is none of its numbers
 */
export function full<D extends DType = "f32">(
  device: Device,
  shape: Shape,
  value: number,
  dtype: D = "f32" as D,
): Tensor<D> {
  assertDimensions("full", shape);
  assertNumbers("[full] the tensor", dtype, [value]);
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

/**
 * Zeros of the shape and dtype of another tensor, on its device.
 *
 * @param x [...] of any dtype
 * @returns [...] of the same
 */
export function zerosLike<D extends DType>(x: Tensor<D>): Tensor<D> {
  return fullLike("zerosLike", x, 0);
}

/**
 * Ones of the shape and dtype of another tensor, on its device.
 *
 * @param x [...] of any dtype
 * @returns [...] of the same
 */
export function onesLike<D extends DType>(x: Tensor<D>): Tensor<D> {
  return fullLike("onesLike", x, 1);
}

function fullLike<D extends DType>(op: string, x: Tensor<D>, value: number): Tensor<D> {
  x.assertLive(op);
  return full(x.device, x.shape, value, x.dtype);
}

/**
 * Evenly spaced numbers from `start` up to, not including, `end`.
 *
 * @returns [ceil((end - start) / step)], empty if the end is not beyond the start
 * @throws ShapeError if the step is 0, or it or a bound is not finite
 * @throws RangeError if a number for i32 or u32 is none of its numbers
 */
export function arange<D extends DType = "f32">(
  device: Device,
  start: number,
  end: number,
  step = 1,
  dtype: D = "f32" as D,
): Tensor<D> {
  const count = Math.max(0, Math.ceil((end - start) / step));
  if (step === 0 || ![start, end, step, count].every(Number.isFinite)) {
    throw new ShapeError(
      `[arange] ${start} to ${end} by ${step} has no end: give finite bounds, and a step other than 0`,
    );
  }
  return holding(
    "arange",
    device,
    Float64Array.from({ length: count }, (_, i) => start + i * step),
    [count],
    dtype,
  );
}

/**
 * `count` evenly spaced numbers from `start` to `end`, both included.
 *
 * @returns [count] f32
 */
export function linspace(device: Device, start: number, end: number, count: number): Tensor<"f32"> {
  assertDimensions("linspace", [count]);
  const step = count > 1 ? (end - start) / (count - 1) : 0;
  return tensor(
    device,
    Float64Array.from({ length: count }, (_, i) => (i === count - 1 && i > 0 ? end : start + i * step)),
  );
}

/**
 * Ones on the diagonal, zeros elsewhere.
 *
 * @param columns default `rows`
 * @returns [rows, columns]
 */
export function eye<D extends DType = "f32">(
  device: Device,
  rows: number,
  columns = rows,
  dtype: D = "f32" as D,
): Tensor<D> {
  assertDimensions("eye", [rows, columns]);
  const values = new Float32Array(rows * columns);
  for (let i = 0; i < Math.min(rows, columns); i++) values[i * columns + i] = 1;
  return tensor(device, values, [rows, columns], dtype);
}
