/** @file How row kernels read and write x, and what has its shape: items of f32, or quads of f16. */

import { wgsl } from "../../kernel/kernelSpec.ts";
import { quadFormat } from "../../kernel/wgsl/quadFormat.ts";
import { itemElement, type RowVariant } from "../../kernel/wgsl/rowReduce.ts";

/** Rows, by how they are stored. */
export interface StoredRowVariant extends RowVariant {
  /** f16 by quads alone: rows of another length begin within a word. */
  readonly dtype: "f32" | "f16";
}

/** e^x of an `Item`, NaN of NaN: `exp` may make another number of that, or infinity. */
export const exponential = wgsl`
fn exponential(x: Item) -> Item { return select(x, exp(x), x == x); }
`;

/** The buffer element of a stored item, the expressions between it and an `Item`, and what they need. */
export function storedItem(variant: StoredRowVariant) {
  const { element, ...format } = quadFormat(variant.dtype);
  return { ...format, stored: variant.dtype === "f16" ? element : itemElement(variant) };
}
