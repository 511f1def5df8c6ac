/** @file One tiling for each way to divide a product, for tests: kernels of other sizes differ in numbers alone. */

import type { Tiling } from "./matmulVariant.ts";

const rowsOf = { broadcast: 8, register: 4, tile: 4, matrix: 32, element: 1 } as const;

/**
 * Those of the usual size, and those of shorter steps; f16 operands as words and as such, where both are there, and every
 * unit of `matrix`.
 */
export function oneOfEachKind(tilings: readonly Tiling[]): Tiling[] {
  return tilings.filter(({ kind, rows, step }) => rows === rowsOf[kind] || step !== undefined);
}
