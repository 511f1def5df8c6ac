/** @file The two kernels of every row of the unary table. */

import { elementwiseKernel } from "../../kernel/elementwiseKernel.ts";
import { quadFormat } from "../../kernel/wgsl/quadFormat.ts";
import { argumentsIn, inputsIn } from "./operands.ts";
import { unaryFunctions, type UnaryName, unaryTable } from "./unaryTable.ts";

export interface UnaryVariant {
  readonly name: UnaryName;
  readonly dtype: "f32" | "f16";
}

/** y = f(x, s). */
export function unaryForward({ name, dtype }: UnaryVariant) {
  const expression = unaryTable[name].forward;
  return elementwiseKernel(
    {
      label: `${name}.forward${quadFormat(dtype).suffix}`,
      inputs: { x: dtype },
      scalars: argumentsIn(expression, ["s"]),
      output: dtype,
      expression,
      functions: functionsOf(expression),
    },
    "y",
  );
}

/** dx from those of x, y and dy that it depends on. */
export function unaryBackward({ name, dtype }: UnaryVariant) {
  const expression = unaryTable[name].gradient;
  return elementwiseKernel(
    {
      label: `${name}.backward.x${quadFormat(dtype).suffix}`,
      inputs: inputsIn(expression, ["x", "y", "dy"], dtype),
      scalars: argumentsIn(expression, ["s"]),
      output: dtype,
      expression,
      functions: functionsOf(expression),
    },
    "dx",
  );
}

/** The functions that an expression of the table calls. */
function functionsOf(expression: string): string[] {
  return unaryFunctions.filter(({ name }) => expression.includes(`${name}(`)).map(({ text }) => text);
}
