/** @file Records a reduction over one axis, in one pass or two. */

import { run } from "../../autograd/defineOp.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { type Monoid, monoids, reduceKernel } from "./reduce.wgsl.ts";

const kernelOf = byVariant(({ name, quads }: { name: keyof typeof monoids; quads: boolean }) =>
  reduceKernel(monoids[name], quads),
);

/** Rows that one invocation takes: up to the first where results are few, up to the second where they fill a device. */
const maxRows = { few: 256, many: 4096 };
const manyResults = 1024;

export interface ReduceOptions {
  /** Keep the reduced axis with size 1; default false. */
  readonly keepAxis?: boolean;
}

/** Reduces the axis of x into y, which has size 1 there, and multiplies by `factor`. */
export function reduceAxis(monoid: Monoid["name"], x: Tensor, y: Tensor, axis: number, factor = 1): void {
  const n = x.shape[axis] ?? 1;
  const inner = sizeOf(x.shape.slice(axis + 1));
  const results = inner % 4 === 0 ? y.size / 4 : y.size;
  if (n <= (results < manyResults ? maxRows.few : maxRows.many)) {
    return reduceRows(monoid, x, y, n, inner, 1, factor);
  }
  const blocks = Math.ceil(Math.sqrt(n));
  const partial = Tensor.allocate(x.device, [y.size / inner, blocks, inner], "f32", `[${monoid}] by blocks`);
  reduceRows(monoid, x, partial, n, inner, blocks, 1);
  reduceRows(monoid, partial, y, blocks, inner, 1, factor);
  partial.dispose();
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
  const kernel = kernelOf({ name, quads });
  const width = quads ? 4 : 1;
  const count = y.size / width;
  const uniforms = { count, n, items: inner / width, blocks, factor };
  run(kernel, { x, y }, uniforms, Math.ceil(count / kernel.workgroup));
}
