/** @file A table cut into blocks of rows that the device can bind. */

import { elementsAtOnce } from "../../tensor/run.ts";
import { greatestDivisor } from "../../tensor/recordByRows.ts";
import { rangeAlignment, type Tensor } from "../../tensor/tensor.ts";

export interface RowBlock {
  /** Its first row in the table. */
  readonly first: number;
  readonly rows: number;
  readonly part: Tensor;
}

/**
 * Blocks of rows of a table [V, D]; most tables are one block.
 *
 * @param width elements of four bytes that must be bound for a row; default D
 */
export function rowBlocks(table: Tensor, width?: number): RowBlock[] {
  const [vocabulary = 0, dim = 0] = table.shape;
  const { maxBindingBytes } = table.device;
  const fits =
    width === undefined ? table.bytes <= maxBindingBytes : vocabulary * width * 4 <= maxBindingBytes;
  const whole = [{ first: 0, rows: vocabulary, part: table }];
  if (fits) return whole;
  const step = rangeAlignment / greatestDivisor(dim, rangeAlignment); // where a block may begin
  const most = Math.floor(elementsAtOnce(table.device) / (width ?? dim) / step) * step;
  if (most === 0) return whole; // binding it says what is too large
  return Array.from({ length: Math.ceil(vocabulary / most) }, (_, i) => {
    const first = i * most;
    const rows = Math.min(most, vocabulary - first);
    return { first, rows, part: table.range(first * dim, [rows, dim]) };
  });
}
