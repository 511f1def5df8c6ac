/** @file Records a copy between two strided views. */

import { run } from "../../autograd/defineOp.ts";
import { type Shape, ShapeError, showShape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { maxStridedRank, stridedCopyKernel } from "./strided.wgsl.ts";

const ranks = Array.from({ length: maxStridedRank }, (_, i) => i + 1);
const kernels = {
  quads: ranks.map((rank) => stridedCopyKernel(rank, true)),
  scalars: ranks.map((rank) => stridedCopyKernel(rank, false)),
};

/** Where a copy starts and how far each axis steps, in elements. */
export interface Strided {
  readonly tensor: Tensor;
  readonly offset: number;
  readonly strides: readonly number[];
}

/**
 * Copies `shape` elements from one strided view to another.
 *
 * @throws ShapeError if more than six axes are left after neighbours are merged
 */
export function stridedCopy(op: string, shape: Shape, from: Strided, to: Strided): void {
  if (sizeOf(shape) === 0) return;
  const axes = mergeAxes(shape, from.strides, to.strides);
  const quads = inQuads(axes, from.offset, to.offset);
  const unit = quads ? 4 : 1;
  const count = sizeOf(shape) / unit;
  const kernel = kernels[quads ? "quads" : "scalars"][axes.length - 1];
  if (!kernel) {
    throw new ShapeError(
      `[${op}] ${showShape(shape)} has too many axes: at most ${maxStridedRank} can be moved at once`,
    );
  }
  const uniforms: Record<string, number> = { count, xOffset: from.offset / unit, yOffset: to.offset / unit };
  axes.forEach((axis, i) => {
    const last = i === axes.length - 1;
    uniforms[`n${i}`] = last ? axis.n / unit : axis.n;
    uniforms[`xs${i}`] = last ? axis.from : axis.from / unit;
    uniforms[`ys${i}`] = last ? axis.to : axis.to / unit;
  });
  run(kernel, { x: from.tensor, y: to.tensor }, uniforms, Math.ceil(count / kernel.workgroup));
}

interface Axis {
  readonly n: number;
  readonly from: number;
  readonly to: number;
}

/** True if the last axis is contiguous on both sides and everything steps by multiples of four. */
function inQuads(axes: readonly Axis[], ...offsets: readonly number[]): boolean {
  const last = axes.at(-1);
  if (!last || last.from !== 1 || last.to !== 1) return false;
  const steps = axes.slice(0, -1).flatMap(({ from, to }) => [from, to]);
  return [last.n, ...steps, ...offsets].every((n) => n % 4 === 0);
}

/** Drops axes of one element and joins axes that step together on both sides; at least one axis is left. */
function mergeAxes(shape: Shape, from: readonly number[], to: readonly number[]): Axis[] {
  const axes: Axis[] = [];
  shape.forEach((n, i) => {
    if (n === 1) return;
    const axis = { n, from: from[i] ?? 0, to: to[i] ?? 0 };
    const last = axes.at(-1);
    if (last && last.from === axis.from * n && last.to === axis.to * n) {
      axes[axes.length - 1] = { n: last.n * n, from: axis.from, to: axis.to };
    } else axes.push(axis);
  });
  return axes.length > 0 ? axes : [{ n: 1, from: 0, to: 0 }];
}
