/** @file Records kernels over tensors of many rows, in as many parts as the device's bindings ask for. */

import { rangeAlignment, type Tensor } from "./tensor.ts";

export interface RowParts {
  /** Every part but the last has a multiple of this many rows; default 1. */
  readonly multipleOf?: number;
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
  { multipleOf = 1 }: RowParts = {},
): void {
  const all = Object.entries(tensors);
  const device = all[0]?.[1].device;
  if (!device || all.every(([, { bytes }]) => bytes <= device.maxBindingBytes))
    return record(tensors, rows, 0);
  let [step, most] = [multipleOf, rows];
  for (const [, { size, bytes }] of all) {
    // A part begins where a binding may.
    step = leastMultiple(step, rangeAlignment / greatestDivisor(size / rows, rangeAlignment));
    most = Math.min(most, Math.floor((device.maxBindingBytes / bytes) * rows));
  }
  const count = Math.floor(most / step) * step;
  if (count === 0) return record(tensors, rows, 0);
  for (let start = 0; start < rows; start += count) {
    using _parts = device.scope();
    const here = Math.min(count, rows - start);
    const part = all.map(([name, tensor]) => {
      const perRow = tensor.size / rows;
      return [name, tensor.range(start * perRow, [here, perRow])] as const;
    });
    record(Object.fromEntries(part) as unknown as T, here, start);
  }
}

/** The greatest common divisor. */
export function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

function leastMultiple(a: number, b: number): number {
  return (a / greatestDivisor(a, b)) * b;
}
