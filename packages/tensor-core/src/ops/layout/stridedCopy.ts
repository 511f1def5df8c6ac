/** @file Records a copy of a strided view into a whole tensor. */

import { run } from "../../autograd/defineOp.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { greatestDivisor } from "../../tensor/recordByRows.ts";
import { ShapeError, showShape } from "../../tensor/shape.ts";
import { rangeAlignment, Tensor } from "../../tensor/tensor.ts";
import { castInto } from "./cast.ts";
import { copyUnit } from "./copyUnit.ts";
import {
  maxStridedRank,
  stridedCopyKernel,
  type StridedUniform,
  type StridedVariant,
} from "./strided.wgsl.ts";

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
  const limit = y.device.maxBindingBytes;
  if ((y.bytes > limit || x.bytes > limit) && copyInParts(op, { x, offset, strides }, y, axes)) return;
  // Single elements unless the last axis is contiguous: nothing but 1 divides a step of 1.
  const steps = last.step === 1 ? [last.n, ...axes.slice(0, -1).map(({ step }) => step), offset] : [1];
  const unit = copyUnit(y.dtype, steps);
  if (!unit) return copyWidened(op, { x, offset, strides }, y);
  const count = y.size / unit.width;
  const uniforms: Partial<Record<StridedUniform, number>> = { count, offset: offset / unit.width };
  axes.forEach((axis, i) => {
    const name = `${i}` as "0";
    uniforms[`n${name}`] = axis === last ? axis.n / unit.width : axis.n;
    uniforms[`step${name}`] = axis === last ? axis.step : axis.step / unit.width;
  });
  const kernel = kernelOf({ rank: axes.length, element: unit.element });
  run(kernel, { x, y }, uniforms as Record<StridedUniform, number>, Math.ceil(count / kernel.workgroup));
}

/**
 * Copies part after part of the outermost axis, where y or x is more than the device binds at once.
 *
 * @returns false where no part can be cut, or where a part of y takes elements from all over x
 */
function copyInParts(op: string, { x, offset }: Strided, y: Tensor, axes: readonly Axis[]): boolean {
  const [{ n, step }, ...inner] = axes as [Axis, ...Axis[]];
  const limit = y.device.maxBindingBytes / (y.bytes / y.size);
  const perStep = y.size / n;
  // How far one step of the axis reaches in x.
  const reach = inner.reduce((total, axis) => total + (axis.n - 1) * axis.step, 1);
  const whole = x.size <= limit;
  if (axes.some((axis) => axis.step < 0) || (!whole && (step < reach || reach > limit))) return false;
  const least = rangeAlignment / greatestDivisor(perStep, rangeAlignment);
  const mostInX = whole ? n : Math.floor((limit - rangeAlignment - reach) / step) + 1;
  // One step at a time may still be too much: then the next axis is cut.
  const most = Math.max(Math.min(Math.floor(limit / perStep), mostInX), 1);
  const count = Math.floor(most / least) * least;
  if (count === 0 || (n === 1 && inner.length === 0)) return false;
  for (let start = 0; start < n; start += count) {
    using _parts = y.device.scope();
    const here = Math.min(count, n - start);
    const first = offset + start * step;
    const from = whole ? 0 : Math.floor(first / rangeAlignment) * rangeAlignment;
    const size = Math.min((here - 1) * step + reach + (first - from), x.size - from);
    const part = whole ? x : x.range(from, [size]);
    const shape = [here, ...inner.map((axis) => axis.n)];
    const steps = [step, ...inner.map((axis) => axis.step)];
    stridedCopy(op, { x: part, offset: first - from, strides: steps }, y.range(start * perStep, shape));
  }
  return true;
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
