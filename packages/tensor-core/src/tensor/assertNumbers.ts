/** @file Which numbers a tensor of whole ones holds. */

import { type DType, isFloat } from "./dtype.ts";

const ranges = {
  i32: { least: -(2 ** 31), most: 2 ** 31 - 1, stored: Int32Array },
  u32: { least: 0, most: 2 ** 32 - 1, stored: Uint32Array },
} as const;

/**
 * Of floats any number will do.
 *
 * @param what names the tensor that is to hold the values
 * @throws RangeError if a value for i32 or u32 is none of its numbers
 */
export function assertNumbers(what: string, dtype: DType, values: ArrayLike<number>): void {
  if (isFloat(dtype)) return;
  const { least, most, stored } = ranges[dtype];
  if (values instanceof stored) return;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (Number.isInteger(value) && value >= least && value <= most) continue;
    throw new RangeError(
      `${what} is ${dtype}, and its element ${i} is to be ${value}: give whole numbers from ${least} to ${most}`,
    );
  }
}
