/** @file Records a copy of a strided view into a whole tensor. */

import { run } from "../../autograd/defineOp.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
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
