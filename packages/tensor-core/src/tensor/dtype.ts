/** @file Element types of tensors. All take four bytes. */

export type DType = "f32" | "i32" | "u32";

export type TypedArrayOf<D extends DType> = D extends "f32"
  ? Float32Array
  : D extends "i32"
    ? Int32Array
    : Uint32Array;

export const bytesPerElement = 4;

const constructors = { f32: Float32Array, i32: Int32Array, u32: Uint32Array } as const;

/** Views or converts values as an array of the dtype. */
export function asTypedArray(
  values: ArrayLike<number>,
  dtype: DType,
): Float32Array | Int32Array | Uint32Array {
  const Type = constructors[dtype];
  return values instanceof Type ? values : Type.from(values);
}

/** Interprets bytes as elements of the dtype. */
export function fromBytes(bytes: ArrayBuffer, dtype: DType): Float32Array | Int32Array | Uint32Array {
  return new constructors[dtype](bytes);
}
