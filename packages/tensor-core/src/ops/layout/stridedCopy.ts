/** @file Records a copy between two strided views. */

import { run } from "../../autograd/defineOp.ts";
import { type Shape, ShapeError, showShape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { maxStridedRank, stridedCopy as kernel } from "./strided.wgsl.ts";

/** Where a copy starts and how far each axis steps, in elements. */
export interface Strided {
  readonly tensor: Tensor;
  readonly offset: number;
  readonly strides: readonly number[];
}

/**
 * Copies `shape` elements from one strided view to another.
 *
 * @throws ShapeError if more than five axes are left after neighbours are merged
 */
export function stridedCopy(op: string, shape: Shape, from: Strided, to: Strided): void {
  const axes = mergeAxes(shape, from.strides, to.strides);
  if (axes.length > maxStridedRank) {
    throw new ShapeError(
      `[${op}] ${showShape(shape)} has too many axes: at most ${maxStridedRank} can be moved at once`,
    );
  }
  while (axes.length < maxStridedRank) axes.unshift({ n: 1, from: 0, to: 0 });
  const [a0, a1, a2, a3, a4] = axes as [Axis, Axis, Axis, Axis, Axis];
  const count = sizeOf(shape);
  run(
    kernel,
    { x: from.tensor, y: to.tensor },
    {
      count,
      xOffset: from.offset,
      yOffset: to.offset,
      n1: a1.n,
      n2: a2.n,
      n3: a3.n,
      n4: a4.n,
      xs0: a0.from,
      xs1: a1.from,
      xs2: a2.from,
      xs3: a3.from,
      xs4: a4.from,
      ys0: a0.to,
      ys1: a1.to,
      ys2: a2.to,
      ys3: a3.to,
      ys4: a4.to,
    },
    Math.ceil(count / kernel.workgroup),
  );
}

interface Axis {
  n: number;
  from: number;
  to: number;
}

/** Drops axes of one element and joins axes that step together on both sides. */
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
  return axes;
}
