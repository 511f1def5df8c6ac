/** @file Records kernels over tensors of many rows, in as many parts as the device's bindings ask for. */

import { rangeAlignment, type Tensor } from "./tensor.ts";

export interface RowParts {
  /** Every part but the last has a multiple of this many rows; default 1. */
  readonly multipleOf?: number;
  /** Bytes that an element takes at least, where what is made of a part is wider than the tensors; default none. */
  readonly elementBytes?: number;
}

/**
 * Records what goes through rows of tensors, each row by itself: at once where the device binds all of each tensor, else
 * by parts of the rows.
 *
 * @param tensors whose elements are spread evenly over the rows; what every part needs whole is not among them
 * @param record  called with parts of the tensors, the rows in them, and the first of these; where no part can be cut, it
 *                is called with all, and the recorder says what is too large
 */
export function recordByRows<T extends Readonly<Record<string, Tensor>>>(
  tensors: T,
  rows: number,
  record: (part: T, rows: number, start: number) => void,
  options: RowParts = {},
): void {
  const count = rowsAtOnce(tensors, rows, options);
  if (count === rows || count === 0) return record(tensors, rows, 0);
  const all = Object.entries(tensors);
  for (let start = 0; start < rows; start += count) {
    using _parts = all[0]?.[1].device.scope();
    const here = Math.min(count, rows - start);
    const part = all.map(([name, tensor]) => {
      const perRow = tensor.size / rows;
      return [name, tensor.range(start * perRow, [here, perRow])] as const;
    });
    record(Object.fromEntries(part) as unknown as T, here, start);
  }
}

/** The most rows that the device binds at once of each tensor: all of them, or 0 where no part can be cut. */
export function rowsAtOnce(
  tensors: Readonly<Record<string, Tensor>>,
  rows: number,
  { multipleOf = 1, elementBytes = 0 }: RowParts = {},
): number {
  const all = Object.values(tensors);
  const limit = all[0]?.device.maxBindingBytes ?? 0;
  const bytesOf = ({ size, bytes }: Tensor) => Math.max(bytes, size * elementBytes);
  if (all.every((tensor) => bytesOf(tensor) <= limit)) return rows;
  let [step, most] = [multipleOf, rows];
  for (const tensor of all) {
    // A part begins where a binding may.
    step = leastMultiple(step, rangeAlignment / greatestDivisor(tensor.size / rows, rangeAlignment));
    most = Math.min(most, Math.floor((limit / bytesOf(tensor)) * rows));
  }
  return Math.floor(most / step) * step;
}

/** The greatest common divisor. */
export function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

function leastMultiple(a: number, b: number): number {
  return (a / greatestDivisor(a, b)) * b;
}
