/** @file Sixteen-bit floats to f32, exactly. */

import { fromFloat16 as widen } from "../tensor/float16.ts";

/** IEEE 754 binary16, little-endian. */
export function fromFloat16(bytes: DataView, count: number): Float32Array {
  return widen(Uint16Array.from({ length: count }, (_, i) => bytes.getUint16(2 * i, true)));
}

/** bfloat16, the upper half of an f32, little-endian. */
export function fromBfloat16(bytes: DataView, count: number): Float32Array {
  const bits = Uint32Array.from({ length: count }, (_, i) => bytes.getUint16(2 * i, true) << 16);
  return new Float32Array(bits.buffer);
}
