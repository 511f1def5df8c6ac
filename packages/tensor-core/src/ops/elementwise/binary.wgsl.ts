/** @file The kernels of every row of the binary table, over operands of one shape. */

import { elementwiseKernel } from "../../kernel/elementwiseKernel.ts";
import { quadFormat } from "../../kernel/wgsl/quadFormat.ts";
import { type BinaryName, binaryTable } from "./binaryTable.ts";
import { inputsIn } from "./operands.ts";

export interface BinaryVariant {
  readonly name: BinaryName;
  readonly dtype: "f32" | "f16";
}

/** y = f(a, b); b repeats every `bQuads`. */
export function binaryForward({ name, dtype }: BinaryVariant) {
  return elementwiseKernel(
    {
      label: `${name}.forward${quadFormat(dtype).suffix}`,
      inputs: { a: dtype, b: dtype },
      output: dtype,
      expression: binaryTable[name].forward,
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
