/** @file Records a copy of a strided view into a whole tensor. */

import { run } from "../../autograd/defineOp.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { bindsWhole, recordByWindows, type Span } from "../../tensor/recordByWindows.ts";
import { ShapeError, showShape } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { castInto } from "./cast.ts";
import { copyUnit } from "./copyUnit.ts";
import {
  maxStridedRank,
  stridedCopyKernel,
  type StridedUniform,
  type StridedVariant,
} from "./strided.wgsl.ts";
import { windowValues } from "./windowUniforms.ts";

const kernelOf = byVariant((variant: StridedVariant) => stridedCopyKernel(variant));

/** Where a copy starts in x and how far each axis of y steps, in elements. */
export interface Strided {
  readonly x: Tensor;
  readonly offset: number;
  readonly strides: readonly number[];
}

/**
 * Fills y, of x's dtype, from a strided view of x.
 *
 * @throws ShapeError if more than six axes are left after neighbours are merged
 */
export function stridedCopy(op: string, { x, offset, strides }: Strided, y: Tensor): void {
  if (y.size === 0) return;
  const axes = mergeAxes(y, strides);
  const last = axes.at(-1) as Axis;
  if (axes.length > maxStridedRank) {
    throw new ShapeError(
      `[${op}] ${showShape(y.shape)} has too many axes: at most ${maxStridedRank} can be moved at once`,
    );
  }
  const splat = last.step === 0 && last.n % 4 === 0 && y.dtype !== "f16";
  // Single elements unless the last axis is contiguous: nothing but 1 divides a step of 1.
  const steps = last.step === 1 ? [last.n, ...axes.slice(0, -1).map(({ step }) => step), offset] : [1];
  const unit = splat ? copyUnit(y.dtype, []) : copyUnit(y.dtype, steps);
  if (!unit) return copyWidened(op, { x, offset, strides }, y);
  // Elements of x in one of its buffer's.
  const width = splat ? 1 : unit.width;
  const uniforms: Partial<Record<StridedUniform, number>> = { offset: offset / width };
  axes.forEach((axis, i) => {
    const name = `${i}` as "0";
    uniforms[`n${name}`] = axis === last ? axis.n / unit.width : axis.n;
    uniforms[`step${name}`] = axis === last ? axis.step : axis.step / width;
  });
  const variant = { rank: axes.length, element: unit.element, ...(splat ? { splat } : {}) };
  const record = (kernel: ReturnType<typeof kernelOf>, tensors: Ends, count: number, window = {}) => {
    const values = { ...uniforms, ...window, count } as Record<StridedUniform, number>;
    run(kernel, tensors, values, Math.ceil(count / kernel.workgroup));
  };
  if (bindsWhole({ x, y })) return record(kernelOf(variant), { x, y }, y.size / unit.width);
  const kernel = kernelOf({ ...variant, windows: true });
  const reach = (first: number, count: number) => reachOf(axes, offset, first, first + count - 1);
  recordByWindows({ y }, { x }, reach, (tensors, window) => {
    const values = windowValues(window, unit.width, width);
    record(kernel, tensors, values.count, values);
  });
}

interface Ends {
  readonly x: Tensor;
  readonly y: Tensor;
}

/** The elements of x that those of y from `first` to `last` come from, and what lies between. */
function reachOf(axes: readonly Axis[], offset: number, first: number, last: number): Span {
  const [{ n, step }, ...inner] = axes as [Axis, ...Axis[]];
  const size = inner.reduce((product, axis) => product * axis.n, 1);
  if (first === 0 && last === n * size - 1) {
    const ends = axes.map((axis) => (axis.n - 1) * axis.step);
    const total = (of: (end: number) => number) => ends.reduce((sum, end) => sum + of(end), offset);
    return [total((end) => Math.min(end, 0)), total((end) => Math.max(end, 0)) + 1];
  }
  const [i, j] = [Math.floor(first / size), Math.floor(last / size)];
  if (inner.length === 0) {
    const ends = [offset + i * step, offset + j * step];
    return [Math.min(...ends), Math.max(...ends) + 1];
  }
  const within = (k: number, from: number, to: number) => reachOf(inner, offset + k * step, from, to);
  if (i === j) return within(i, first - i * size, last - i * size);
  const spans = [within(i, first - i * size, size - 1), within(j, 0, last - j * size)];
  // All of those between, of which the outer two reach farthest.
  if (j - i > 1) spans.push(within(i + 1, 0, size - 1), within(j - 1, 0, size - 1));
  return [Math.min(...spans.map(([low]) => low)), Math.max(...spans.map(([, end]) => end))];
}

/** f16 at odd places, by way of f32. */
function copyWidened(op: string, from: Strided, y: Tensor): void {
  const [wideX, wideY] = [from.x, y].map((t) => Tensor.allocate(t.device, t.shape, "f32", `[${op}] in f32`));
  if (!wideX || !wideY) return;
  castInto(from.x, wideX);
  stridedCopy(op, { ...from, x: wideX }, wideY);
  castInto(wideY, y);
  wideX.dispose();
  wideY.dispose();
}

interface Axis {
  readonly n: number;
  readonly step: number;
}

/** Drops axes of one element and joins axes that step together; at least one axis is left. */
function mergeAxes(y: Tensor, strides: readonly number[]): Axis[] {
  const axes: Axis[] = [];
  y.shape.forEach((n, i) => {
    if (n === 1) return;
    const step = strides[i] ?? 0;
    const last = axes.at(-1);
    if (last && last.step === step * n) axes[axes.length - 1] = { n: last.n * n, step };
    else axes.push({ n, step });
  });
  return axes.length > 0 ? axes : [{ n: 1, step: 0 }];
}
