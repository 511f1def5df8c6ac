/** @file What a model's values are compared with: lines of the witness table. */

import { assertClose, largest } from "@candor/tensor-core/testing";

/** A quantity of a model beside the same quantity of an independent implementation. */
export interface WitnessRow {
  readonly model: string;
  readonly quantity: string;
  /** Values compared. */
  readonly values: number;
  /** Largest difference, as a share of the largest magnitude that the witness has. */
  readonly error: number;
  /** Largest error allowed. */
  readonly tolerance: number;
}

/** Compares values; throws where their numbers differ or one is not finite. */
export function witnessRow(
  model: string,
  quantity: string,
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  tolerance: number,
): WitnessRow {
  const scale = Math.max(largest(want), Number.MIN_VALUE);
  assertClose(`${model}: ${quantity}`, got, want, Number.MAX_VALUE);
  let error = 0;
  for (let i = 0; i < got.length; i++) {
    error = Math.max(error, Math.abs((got[i] as number) - (want[i] as number)) / scale);
  }
  return { model, quantity, values: got.length, error, tolerance };
}

/** The row of a group of tensors with the largest error, for "every gradient" and the like. */
export function worstRow(quantity: string, rows: readonly WitnessRow[]): WitnessRow {
  const worst = rows.reduce((a, b) => (b.error / b.tolerance > a.error / a.tolerance ? b : a));
  const values = rows.reduce((total, row) => total + row.values, 0);
  return { ...worst, quantity: `${quantity}, ${rows.length} tensors`, values };
}
