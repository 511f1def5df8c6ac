/** @file The tolerances of all tests, by class of op; a change that widens one says why. */

/** Classes of ops, by how many roundings a result passes through. */
export type OpClass =
  "copy" | "arithmetic" | "transcendental" | "trigonometric" | "reduction" | "product" | "composite";

const epsilon = { f32: 2 ** -23, f16: 2 ** -10 } as const;

// Roundings of f32 that an element may pass through, apart from those that grow with the depth of a sum.
const constants: Record<OpClass, number> = {
  copy: 0,
  arithmetic: 4,
  // WGSL bounds exp, log and tanh only loosely; this is what software and hardware adapters keep to near 1.
  transcendental: 64,
  // WGSL promises sin and cos to an absolute 2^-11 between -π and π; SwiftShader makes use of it.
  trigonometric: 2048,
  reduction: 8,
  product: 8,
  composite: 128,
};

/**
 * Largest absolute difference that a result may show against its f64 reference.
 *
 * bound = c(class) · (1 + √depth) · eps · scale
 *
 * Ops on f16 compute in f32 and round the result once more: one unit in its last place is added.
 *
 * @param depth number of terms in the longest sum behind one element; 1 where there is none
 * @param scale largest magnitude among the results
 * @param dtype of the results
 */
export function tolerance(
  opClass: OpClass,
  depth: number,
  scale: number,
  dtype: "f32" | "f16" = "f32",
): number {
  const bound = constants[opClass] * (1 + Math.sqrt(depth)) * epsilon.f32 * Math.max(scale, 1e-3);
  return dtype === "f32" || bound === 0 ? bound : bound + epsilon.f16 * scale;
}
