/** @file Conversion between dtypes, four elements an invocation. */

import { elementwiseKernel, quadOf } from "../../kernel/elementwiseKernel.ts";
import { type DType, isFloat } from "../../tensor/dtype.ts";

/** Of WGSL's conversion the upper end is the last f32 within the range: 127 or 255 below it. */
const ends = {
  i32: "select(vec4<i32>(x), vec4<i32>(0x7fffffff), x >= vec4<f32>(0x1p31))",
  u32: "select(vec4<u32>(x), vec4<u32>(0xffffffffu), x >= vec4<f32>(0x1p32))",
} as const;

/** y = x in another dtype; floats lose their fraction as whole numbers, and stop at the ends of the range. */
export function castKernel(from: DType, to: DType) {
  const whole = to === "i32" || to === "u32";
  return elementwiseKernel(
    {
      label: `cast.${from}.${to}`,
      inputs: { x: from },
      output: to,
      expression: isFloat(from) && whole ? ends[to] : `${quadOf(to).vector}(x)`,
    },
    "y",
  );
}
