/** @file What a copy moves at once: as many neighbouring elements as all of its lengths allow. */

import type { ElementType } from "../../kernel/kernelSpec.ts";
import type { DType } from "../../tensor/dtype.ts";

/** A buffer element and the tensor elements that it holds. */
export interface CopyUnit {
  readonly element: ElementType;
  readonly width: number;
}

const quad: CopyUnit = { element: "vec4<u32>", width: 4 };
const word: CopyUnit = { element: "u32", width: 1 };
const halfQuad: CopyUnit = { element: "vec2<u32>", width: 4 };
const halfPair: CopyUnit = { element: "u32", width: 2 };

/**
 * The largest unit that divides every length, step and offset.
 *
 * Undefined for f16 at odd places: a kernel binds words, and two invocations must not write halves of one.
 */
export function copyUnit(dtype: DType, lengths: readonly number[]): CopyUnit | undefined {
  const fits = (width: number) => lengths.every((n) => n % width === 0);
  if (dtype !== "f16") return fits(4) ? quad : word;
  if (fits(4)) return halfQuad;
  return fits(2) ? halfPair : undefined;
}
