/** @file How the ops over the last axis see a tensor: rows of items. */

import { itemWidth, rowVariant } from "../../kernel/wgsl/rowReduce.ts";
import { cast } from "../layout/cast.ts";
import { inSingle } from "../layout/inSingle.ts";
import { reshape } from "../layout/reshape.ts";
import { maxSoftwareRows } from "../reduce/reduceAxis.ts";
import { sum } from "../reduce/sum.ts";
import { isFloat } from "../../tensor/dtype.ts";
import { greatestDivisor, recordByRows } from "../../tensor/recordByRows.ts";
import { ShapeError, showShape } from "../../tensor/shape.ts";
import { rangeAlignment, type Tensor } from "../../tensor/tensor.ts";
import type { StoredRowVariant } from "./storedRow.wgsl.ts";

export interface RowLayout {
  readonly variant: StoredRowVariant;
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

/** The layout of x [..., D], f32 or f16, which is not empty. */
export function rowLayout(x: Tensor): RowLayout {
  const dim = x.shape.at(-1) ?? 1;
  const dtype = x.dtype === "f16" ? "f16" : "f32";
  const variant: StoredRowVariant = { ...rowVariant(x.device.info, dim), dtype };
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

/**
 * Applies an op over the last axis to x as it is stored; where x is f16 and its rows are no whole quads, and so may share a
 * word, by way of f32. The result has x's dtype.
 */
export function byWholeQuads(x: Tensor, op: (x: Tensor) => Tensor): Tensor {
  const torn = x.dtype === "f16" && (x.shape.at(-1) ?? 0) % 4 > 0;
  return torn ? inSingle(x, op) : op(x);
}

/** A parameter [D] as the kernels read it: one of f16 beside x of f16 is widened. */
export function widenedBeside(x: Tensor, vector: Tensor): Tensor {
  // One that does not fit stays as it is: the error shows what was given.
  const fits = vector.rank === 1 && vector.shape[0] === x.shape.at(-1);
  return fits && x.dtype === "f16" && vector.dtype === "f16" ? cast(vector, "f32") : vector;
}

/** The length of the last axis. @throws ShapeError if x is neither f32 nor f16, or has no axis */
export function assertRows(op: string, x: Tensor): number {
  const dim = x.shape.at(-1);
  if (!isFloat(x.dtype) || dim === undefined) {
    const wayOut = isFloat(x.dtype) ? "reshape it to [..., D]" : "cast it to f32";
    throw new ShapeError(
      `[${op}] x must be f32 or f16 with at least one axis, got ${showShape(x.shape)} ${x.dtype}: ${wayOut}`,
    );
  }
  return dim;
}

/** @throws ShapeError unless the tensor is [dim] f32 */
export function assertVector(op: string, name: string, vector: Tensor, dim: number): void {
  const fits = vector.rank === 1 && vector.shape[0] === dim;
  if (vector.dtype !== "f32" || !fits) {
    const wayOut = fits ? ": cast it to f32" : "";
    throw new ShapeError(
      `[${op}] ${name} must be [${dim}] f32, got ${showShape(vector.shape)} ${vector.dtype}${wayOut}`,
    );
  }
}
