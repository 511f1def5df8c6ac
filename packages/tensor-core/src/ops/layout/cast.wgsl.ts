/** @file Conversion between dtypes, four elements an invocation. */

import { elementwiseKernel, quadOf } from "../../kernel/elementwiseKernel.ts";
import type { DType } from "../../tensor/dtype.ts";

/** y = x in another dtype; floats lose their fraction as whole numbers, and stop at the ends of the range. */
export function castKernel(from: DType, to: DType) {
  return elementwiseKernel(
    {
      label: `cast.${from}.${to}`,
      inputs: { x: from },
      output: to,
      expression: `${quadOf(to).vector}(x)`,
    },
    "y",
  );
}
