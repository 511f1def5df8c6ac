/** @file Records a reduction over one axis, in one pass or two. */

import { run } from "../../autograd/defineOp.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { greatestDivisor, recordByRows, rowsAtOnce } from "../../tensor/recordByRows.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { rangeAlignment, Tensor } from "../../tensor/tensor.ts";
import { stridedCopy } from "../layout/stridedCopy.ts";
import { type Monoid, monoids, type ReducedType, reduceKernel } from "./reduce.wgsl.ts";

interface ReduceVariant {
  readonly name: Monoid["name"];
  readonly quads: boolean;
  readonly dtype: ReducedType;
}

const kernelOf = byVariant(({ name, quads, dtype }: ReduceVariant) =>
  reduceKernel(monoids[name], quads, dtype),
);

/** Rows that one invocation takes: up to the first where results are few, up to the second where they fill a device. */
const maxRows = { few: 256, many: 4096 };
const manyResults = 1024;

/**
 * Rows that one invocation of a software device takes, however few the results: a second dispatch costs such a device
 * more than what its few cores gain from blocks.
 */
export const maxSoftwareRows = 2048;

export interface ReduceOptions {
  /** Keep the reduced axis with size 1; default false. */
  readonly keepAxis?: boolean;
}

/** Reduces the axis of x, which is not f16, into y, of its dtype with size 1 there; floats are multiplied by `factor`. */
export function reduceAxis(monoid: Monoid["name"], x: Tensor, y: Tensor, axis: number, factor = 1): void {
  const n = x.shape[axis] ?? 1;
  const inner = sizeOf(x.shape.slice(axis + 1));
  if (x.bytes > x.device.maxBindingBytes) {
    const outer = y.size / inner;
    if (outer === 1) return reduceInParts(monoid, x, y, n, inner, factor);
    return recordByRows({ x, y }, outer, (part, here) => {
      using _views = x.device.scope();
      const whole = part.x.bytes > x.device.maxBindingBytes;
      if (whole) return reduceRows(monoid, part.x, part.y, n, inner, 1, factor); // names what is too large
      reduceAxis(monoid, part.x.view([here, n, inner]), part.y.view([here, 1, inner]), 1, factor);
    });
  }
  const results = inner % 4 === 0 ? y.size / 4 : y.size;
  const few = x.device.info.software ? maxSoftwareRows : maxRows.few;
  if (n <= (results < manyResults ? few : maxRows.many)) {
    return reduceRows(monoid, x, y, n, inner, 1, factor);
  }
  const blocks = Math.ceil(Math.sqrt(n));
  const partial = Tensor.allocate(
    x.device,
    [y.size / inner, blocks, inner],
    x.dtype,
    `[${monoid}] by blocks`,
  );
  reduceRows(monoid, x, partial, n, inner, blocks, 1);
  reduceRows(monoid, partial, y, blocks, inner, 1, factor);
  partial.dispose();
}

/**
 * Reduces x [n, inner], more than the device binds at once, into y [inner]: parts of the rows by blocks, then the blocks;
 * where rows are so long that blocks would be no fewer than rows, columns by columns.
 */
function reduceInParts(
  monoid: Monoid["name"],
  x: Tensor,
  y: Tensor,
  n: number,
  inner: number,
  factor: number,
): void {
  const most = rowsAtOnce({ x }, n);
  const parts = Math.ceil(n / most);
  // The blocks of a part begin where a binding may.
  const unit = rangeAlignment / greatestDivisor(inner, rangeAlignment);
  const blocks = Math.ceil(Math.sqrt(most) / unit) * unit;
  if (!(2 * parts * blocks <= n)) return reduceColumns(monoid, x, y, n, inner, factor);
  const partial = Tensor.allocate(x.device, [parts * blocks, inner], x.dtype, `[${monoid}] by parts`);
  let at = 0;
  recordByRows({ x }, n, (part, rows) => {
    const results = partial.range(at, [blocks, inner]);
    reduceRows(monoid, part.x, results, rows, inner, blocks, 1);
    results.dispose();
    at += blocks * inner;
  });
  reduceAxis(monoid, partial, y, 0, factor);
  partial.dispose();
}

/** Reduces x [n, inner] into y [inner] by copies of some columns at a time. */
function reduceColumns(
  monoid: Monoid["name"],
  x: Tensor,
  y: Tensor,
  n: number,
  inner: number,
  factor: number,
): void {
  const { device } = x;
  const fit = Math.floor(device.maxBindingBytes / (x.bytes / inner));
  const width = Math.floor(fit / rangeAlignment) * rangeAlignment;
  if (width === 0) return reduceRows(monoid, x, y, n, inner, 1, factor); // names what is too large
  for (let start = 0; start < inner; start += width) {
    using _columns = device.scope();
    const here = Math.min(width, inner - start);
    const columns = Tensor.allocate(device, [n, here], x.dtype, `[${monoid}] columns`);
    stridedCopy(monoid, { x, offset: start, strides: [inner, 1] }, columns);
    reduceAxis(monoid, columns, y.range(start, [1, here]), 0, factor);
  }
}

/** Reduces x [outer, n, inner] into y [outer, blocks, inner], every blocks-th row into one. */
function reduceRows(
  name: Monoid["name"],
  x: Tensor,
  y: Tensor,
  n: number,
  inner: number,
  blocks: number,
  factor: number,
): void {
  const quads = inner % 4 === 0;
  const kernel = kernelOf({ name, quads, dtype: x.dtype as ReducedType });
  const width = quads ? 4 : 1;
  const count = y.size / width;
  const uniforms = { count, n, items: inner / width, blocks, factor };
  run(kernel, { x, y }, uniforms, Math.ceil(count / kernel.workgroup));
}
