/** @file Another shape over the same elements. */

import { recordView } from "../../autograd/tape.ts";
import { type Shape, ShapeError, showShape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/**
 * Views the elements under another shape, without a copy.
 *
 * @param x     any shape and dtype
 * @param shape one dimension may be -1: it is inferred
 * @returns     the same memory under `shape`
 * @throws ShapeError if the number of elements differs
 *
 * Gradients: x.
 */
export function reshape<T extends Tensor>(x: T, shape: Shape): T {
  const target = infer(x.shape, shape);
  const y = x.view(target) as T;
  recordView(y, x);
  return y;
}

function infer(from: Shape, to: Shape): Shape {
  const known = sizeOf(to.filter((n) => n !== -1));
  const size = sizeOf(from);
  const free = to.filter((n) => n === -1).length;
  const target = free === 1 && known > 0 ? to.map((n) => (n === -1 ? size / known : n)) : to;
  if (free > 1 || target.some((n) => !Number.isInteger(n) || n < 0) || sizeOf(target) !== size) {
    throw new ShapeError(
      `[reshape] ${showShape(from)} has ${size} elements and does not fit ${showShape(to)}` +
        (free > 1 ? ": at most one dimension may be -1" : ""),
    );
  }
  return target;
}
