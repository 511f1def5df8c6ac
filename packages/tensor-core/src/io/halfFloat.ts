/** @file Sixteen-bit floats to f32, exactly. */

/** IEEE 754 binary16, little-endian. */
export function fromFloat16(bytes: DataView, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => {
    const bits = bytes.getUint16(2 * i, true);
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}

/** bfloat16, the upper half of an f32, little-endian. */
export function fromBfloat16(bytes: DataView, count: number): Float32Array {
  const bits = Uint32Array.from({ length: count }, (_, i) => bytes.getUint16(2 * i, true) << 16);
  return new Float32Array(bits.buffer);
}
