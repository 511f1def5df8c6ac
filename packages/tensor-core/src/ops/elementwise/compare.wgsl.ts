/** @file Comparison and choice, element by element, over operands of one shape. */

import { elementwiseKernel } from "../../kernel/elementwiseKernel.ts";
import { wgsl } from "../../kernel/kernelSpec.ts";
import type { DType } from "../../tensor/dtype.ts";
import { type ComparisonName, comparisonTable } from "./comparisonTable.ts";

const outcomes = wgsl`
const zero = vec4<f32>(0.0);
const one = vec4<f32>(1.0);
`;

/** y = 1 where a and b compare so, else 0; b repeats every `bQuads`. */
export function compareKernel({ name, dtype }: { name: ComparisonName; dtype: DType }) {
  return elementwiseKernel(
    {
      label: `${name}.forward.${dtype}`,
      inputs: { a: dtype, b: dtype },
      output: "f32",
      expression: comparisonTable[name].forward,
      functions: [outcomes],
    },
    "y",
    { b: "bQuads" },
  );
}

/** y = a where the condition is not 0, else b. */
export function whereKernel({ dtype }: { dtype: DType }) {
  return elementwiseKernel(
    {
      label: `where.forward.${dtype}`,
      inputs: { condition: "f32", a: dtype, b: dtype },
      output: dtype,
      // Adapters disagree on !=: NaN is not 0.
      expression: "select(a, b, condition == vec4<f32>(0.0))",
    },
    "y",
  );
}
