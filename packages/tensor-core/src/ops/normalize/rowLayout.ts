/** @file How the ops over the last axis see a tensor: rows of items. */

import { itemWidth, rowVariant, type RowVariant } from "../../kernel/wgsl/rowReduce.ts";
import { reshape } from "../layout/reshape.ts";
import { maxSoftwareRows } from "../reduce/reduceAxis.ts";
import { sum } from "../reduce/sum.ts";
import { greatestDivisor, recordByRows } from "../../tensor/recordByRows.ts";
import { ShapeError, showShape } from "../../tensor/shape.ts";
import { rangeAlignment, type Tensor } from "../../tensor/tensor.ts";

export interface RowLayout {
  readonly variant: RowVariant;
  readonly rows: number;
  /** Elements of a row. */
  readonly dim: number;
  /** Items of a row: quads where dim is a multiple of four, else elements. */
  readonly items: number;
  /**
   * Rows that one invocation adds up for a parameter's gradient, and how many such blocks: about sqrt(rows) each, or all
   * rows in one.
   */
  readonly blockRows: number;
  readonly blocks: number;
}

/** The layout of x [..., D], which is not empty. */
export function rowLayout(x: Tensor): RowLayout {
  const dim = x.shape.at(-1) ?? 1;
  const variant = rowVariant(x.device.info, dim);
  const rows = x.size / dim;
  // Where rows are bound in parts, a part holds whole blocks.
  const split = x.bytes > x.device.maxBindingBytes;
  const inOne = !split && x.device.info.software && rows <= maxSoftwareRows;
  const few = inOne ? rows : Math.ceil(Math.sqrt(rows));
  const blockRows = split ? Math.ceil(few / rangeAlignment) * rangeAlignment : few;
  return {
    variant,
    rows,
    dim,
    items: dim / itemWidth(variant),
    blockRows,
    blocks: Math.ceil(rows / blockRows),
  };
}

/**
 * Records the kernel that adds up a parameter's gradient over each block of rows.
 *
 * @param byRow   what it reads, by rows
 * @param byBlock what it writes, [blocks, D]
 * @param record  called with both, the rows and the results in items
 */
export function recordByBlocks<R extends string, B extends string>(
  { rows, items, dim, blockRows }: RowLayout,
  byRow: Readonly<Record<R, Tensor>>,
  byBlock: Readonly<Record<B, Tensor>>,
  record: (tensors: Readonly<Record<R | B, Tensor>>, rows: number, count: number) => void,
): void {
  const multipleOf = (blockRows * rangeAlignment) / greatestDivisor(dim, rangeAlignment);
  recordByRows(
    byRow,
    rows,
    (part, here, start) => {
      const blocks = Math.ceil(here / blockRows);
      const results = Object.entries<Tensor>(byBlock).map(([name, tensor]) => [
        name,
        here === rows ? tensor : tensor.range((start / blockRows) * dim, [blocks, dim]),
      ]);
      const written = Object.fromEntries(results) as Readonly<Record<B, Tensor>>;
      record({ ...part, ...written }, here, blocks * items);
    },
    { multipleOf },
  );
}

/** The sum of [blocks, D]; what it is made of is freed, or becomes the result. */
export function sumOfBlocks(partials: Tensor): Tensor {
  const [blocks, dim = 0] = partials.shape;
  const total = blocks === 1 ? reshape(partials, [dim]) : sum(partials, 0);
  partials.dispose();
  return total;
}

/** The length of the last axis. @throws ShapeError if x is not f32 or has no axis */
export function assertRows(op: string, x: Tensor): number {
  const dim = x.shape.at(-1);
  if (x.dtype !== "f32" || dim === undefined) {
    throw new ShapeError(
      `[${op}] x must be f32 with at least one axis, got ${showShape(x.shape)} ${x.dtype}: reshape it to [..., D]`,
    );
  }
  return dim;
}

/** @throws ShapeError unless the tensor is [dim] f32 */
export function assertVector(op: string, name: string, vector: Tensor, dim: number): void {
  if (vector.dtype !== "f32" || vector.rank !== 1 || vector.shape[0] !== dim) {
    throw new ShapeError(
      `[${op}] ${name} must be [${dim}] f32, got ${showShape(vector.shape)} ${vector.dtype}`,
    );
  }
}
