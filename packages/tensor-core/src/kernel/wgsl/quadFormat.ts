/** @file How kernels read and write four neighbouring elements of a float tensor, whether stored as f32 or f16. */

import { type ElementType, wgsl } from "../kernelSpec.ts";

/** The WGSL of one storage format; values are vec4<f32> in the kernel. */
export interface QuadFormat {
  /** The buffer element that holds four values. */
  readonly element: ElementType;
  /** An expression of the values in a buffer element. */
  load(element: string): string;
  /** An expression of the buffer element for values; the inverse of `load`. */
  store(values: string): string;
  /** Functions that the expressions call; once a kernel. */
  readonly functions: string;
  /** What distinguishes the labels of kernels of this format. */
  readonly suffix: string;
}

/**
 * `packHalves(v)` and `unpackHalves(h)`, between vec4<f32> and four binary16 values in vec2<u32>.
 *
 * WGSL leaves it to the adapter how pack2x16float rounds and what overflow gives; here it is to nearest even and
 * infinity, on every adapter, as on the host: loss scaling rests on it.
 */
export const halfFunctions = wgsl`
fn packHalves(v: vec4<f32>) -> vec2<u32> {
  let word = bitcast<vec4<u32>>(v);
  let sign = (word >> vec4<u32>(16u)) & vec4<u32>(0x8000u);
  let size = word & vec4<u32>(0x7fffffffu);
  let odd = (size >> vec4<u32>(13u)) & vec4<u32>(1u);
  var half = (size - 0x38000000u + 0xfffu + odd) >> vec4<u32>(13u);
  // Adding 0.5, whose last place is 2^-24, rounds a value below 2^-14 to a multiple of 2^-24.
  let tiny = bitcast<vec4<u32>>(bitcast<vec4<f32>>(min(size, vec4<u32>(0x38800000u))) + 0.5) - 0x3f000000u;
  half = select(half, tiny, size < vec4<u32>(0x38800000u));
  half = select(half, vec4<u32>(0x7c00u), size >= vec4<u32>(0x477ff000u));
  half = select(half, vec4<u32>(0x7e00u), size > vec4<u32>(0x7f800000u)) | sign;
  return half.xz | (half.yw << vec2<u32>(16u));
}
fn unpackHalves(h: vec2<u32>) -> vec4<f32> {
  return vec4<f32>(unpack2x16float(h.x), unpack2x16float(h.y));
}
`;

const formats: Readonly<Record<"f32" | "f16", QuadFormat>> = {
  f32: {
    element: "vec4<f32>",
    load: (element) => element,
    store: (values) => values,
    functions: "",
    suffix: "",
  },
  f16: {
    element: "vec2<u32>",
    load: (element) => `unpackHalves(${element})`,
    store: (values) => `packHalves(${values})`,
    functions: halfFunctions,
    suffix: ".f16",
  },
};

/** Reads f16 as such instead of as packed words: for kernels with the feature `shader-f16`. */
export const nativeHalves: Pick<QuadFormat, "element" | "load"> = {
  element: "vec4<f16>",
  load: (element) => `vec4<f32>(${element})`,
};

/** Reads two neighbouring elements instead of four, as vec2<f32>. */
export const pairFormats: Readonly<Record<"f32" | "f16" | "native", Pick<QuadFormat, "element" | "load">>> = {
  f32: { element: "vec2<f32>", load: (element) => element },
  f16: { element: "u32", load: (element) => `unpack2x16float(${element})` },
  native: { element: "vec2<f16>", load: (element) => `vec2<f32>(${element})` },
};

/** The format of tensors of a float dtype. */
export function quadFormat(dtype: "f32" | "f16"): QuadFormat {
  return formats[dtype];
}
