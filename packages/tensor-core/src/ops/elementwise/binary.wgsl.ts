/** @file The kernels of every row of the binary table, over operands of one shape. */

import { elementwiseKernel, type StoredType } from "../../kernel/elementwiseKernel.ts";
import { quadFormat } from "../../kernel/wgsl/quadFormat.ts";
import { type BinaryName, type BinaryRow, binaryTable } from "./binaryTable.ts";
import { inputsIn } from "./operands.ts";

export interface BinaryVariant {
  readonly name: BinaryName;
  readonly dtype: "f32" | "f16";
}

/** y = f(a, b), of whole numbers too where the row has them; b repeats every `bQuads`. */
export function binaryForward({ name, dtype }: { readonly name: BinaryName; readonly dtype: StoredType }) {
  const row: BinaryRow = binaryTable[name];
  const whole = dtype === "i32" || dtype === "u32";
  return elementwiseKernel(
    {
      label: `${name}.forward${whole ? `.${dtype}` : quadFormat(dtype).suffix}`,
      inputs: { a: dtype, b: dtype },
      output: dtype,
      expression: whole ? (row.whole as string) : row.forward,
    },
    "y",
    { b: "bQuads" },
  );
}

/**
 * The gradient of one side from those of a, b and dy that it depends on, before broadcast axes are summed; b repeats
 * every `bQuads`.
 */
export function binaryBackward({ name, dtype, side }: BinaryVariant & { readonly side: "da" | "db" }) {
  const expression = binaryTable[name][side];
  return elementwiseKernel(
    {
      label: `${name}.backward.${side[1]}${quadFormat(dtype).suffix}`,
      inputs: inputsIn(expression, ["a", "b", "dy"], dtype),
      output: dtype,
      expression,
    },
    "d",
    { b: "bQuads" },
  );
}
