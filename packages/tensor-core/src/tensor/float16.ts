/** @file Sixteen-bit floats on the host: binary16 from numbers, rounded to nearest even, and both kinds back, exactly. */

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** The bits of values as binary16: rounded to f32 first, ties to even; infinite beyond 65,520. */
export function toFloat16(values: ArrayLike<number>): Uint16Array<ArrayBuffer> {
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    single[0] = values[i] as number;
    const word = singleBits[0] as number;
    const magnitude = word & 0x7fff_ffff;
    bits[i] = ((word >>> 16) & 0x8000) | halfMagnitude(magnitude);
  }
  return bits;
}

function halfMagnitude(magnitude: number): number {
  if (magnitude > 0x7f80_0000) return 0x7e00;
  if (magnitude >= 0x477f_f000) return 0x7c00;
  // Adding 0.5, whose last place is 2^-24, rounds a value below 2^-14 to a multiple of 2^-24.
  if (magnitude < 0x3880_0000) {
    singleBits[0] = magnitude;
    single[0] = (single[0] as number) + 0.5;
    return (singleBits[0] as number) - 0x3f00_0000;
  }
  return (magnitude - 0x3800_0000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13;
}

/**
 * The values of IEEE 754 binary16 bits.
 *
 * @param values takes them, as many as there are bits; default new memory
 */
export function fromFloat16(
  bits: Uint16Array,
  values: Float32Array<ArrayBuffer> = new Float32Array(bits.length),
): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) {
    const half = bits[i] as number;
    const exponent = (half >> 10) & 0x1f;
    if (exponent === 0) {
      values[i] = (half & 0x8000 ? -1 : 1) * (half & 0x3ff) * 2 ** -24;
    } else {
      const widened = exponent === 31 ? 255 : exponent + 112;
      words[i] = ((half & 0x8000) << 16) | (widened << 23) | ((half & 0x3ff) << 13);
    }
  }
  return values;
}

/**
 * The values of bfloat16 bits, the upper halves of f32.
 *
 * @param values as in {@link fromFloat16}
 */
export function fromBfloat16(
  bits: Uint16Array,
  values: Float32Array<ArrayBuffer> = new Float32Array(bits.length),
): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) words[i] = (bits[i] as number) << 16;
  return values;
}
