/** @file Element types of tensors. f16 is storage: kernels widen it and compute in f32, on every adapter. */

import { fromFloat16, toFloat16 } from "./float16.ts";

export type DType = "f32" | "f16" | "i32" | "u32";

/** What elements are read as; f16 is widened. */
export type TypedArrayOf<D extends DType> = D extends "f32" | "f16"
  ? Float32Array
  : D extends "i32"
    ? Int32Array
    : Uint32Array;

const elementBytes = { f32: 4, f16: 2, i32: 4, u32: 4 } as const;

/** Bytes of memory for elements of the dtype; whole words, since kernels bind words. */
export function byteLength(count: number, dtype: DType): number {
  return Math.ceil((count * elementBytes[dtype]) / 4) * 4;
}

/** True for the dtypes that have gradients. */
export function isFloat(dtype: DType): dtype is "f32" | "f16" {
  return dtype === "f32" || dtype === "f16";
}

const constructors = { f32: Float32Array, i32: Int32Array, u32: Uint32Array } as const;

/** Views or converts values as the words that a tensor of the dtype holds. */
export function asTypedArray(
  values: ArrayLike<number>,
  dtype: DType,
): Float32Array | Int32Array | Uint32Array {
  if (dtype === "f16") return asWords(toFloat16(values));
  const Type = constructors[dtype];
  return values instanceof Type ? values : Type.from(values);
}

/** Sixteen-bit elements as words, two in each, the last filled up with zero. */
export function asWords(halves: Uint16Array): Uint32Array {
  if (halves.length % 2 === 0 && halves.byteOffset % 4 === 0) {
    return new Uint32Array(halves.buffer, halves.byteOffset, halves.length / 2);
  }
  const padded = new Uint16Array(Math.ceil(halves.length / 2) * 2);
  padded.set(halves);
  return new Uint32Array(padded.buffer);
}

/** Interprets a tensor's bytes as its elements. */
export function fromBytes(
  bytes: ArrayBuffer,
  count: number,
  dtype: DType,
): Float32Array | Int32Array | Uint32Array {
  if (dtype === "f16") return fromFloat16(new Uint16Array(bytes, 0, count));
  return new constructors[dtype](bytes);
}
