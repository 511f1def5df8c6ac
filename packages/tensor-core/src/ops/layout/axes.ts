/** @file Axes of size one, put in and taken out, and what is made of them. */

import { freeAfter } from "../../autograd/tape.ts";
import {
  assertDimensions,
  normalizeAxis,
  type Shape,
  ShapeError,
  showShape,
  sizeOf,
} from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { broadcastTo } from "./broadcastTo.ts";
import { concat } from "./concat.ts";
import { reshape } from "./reshape.ts";

/**
 * Puts in an axis of size one.
 *
 * @param axis where it stands in the result; negative ones count from the end of the result
 * @throws ShapeError if the axis is out of range
 *
 * Gradients: x.
 */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  const at = normalizeAxis("unsqueeze", axis, x.rank + 1);
  return reshape(x, x.shape.toSpliced(at, 0, 1));
}

/**
 * Takes out an axis of size one, or all of them where no axis is given.
 *
 * @throws ShapeError if the axis has another size
 *
 * Gradients: x.
 */
export function squeeze(x: Tensor, axis?: number): Tensor {
  if (axis === undefined)
    return reshape(
      x,
      x.shape.filter((n) => n !== 1),
    );
  const at = normalizeAxis("squeeze", axis, x.rank);
  if (x.shape[at] !== 1) {
    throw new ShapeError(`[squeeze] axis ${axis} of ${showShape(x.shape)} has size ${x.shape[at]}, not 1`);
  }
  return reshape(x, x.shape.toSpliced(at, 1));
}

/**
 * Makes one axis of neighbouring ones.
 *
 * @param start first axis; default 0
 * @param end   last axis, included; default the last of x
 * @throws ShapeError if an axis is out of range or the end comes before the start
 *
 * Gradients: x.
 */
export function flatten(x: Tensor, start = 0, end = -1): Tensor {
  if (x.rank === 0) return reshape(x, [1]);
  const [first, last] = [start, end].map((axis) => normalizeAxis("flatten", axis, x.rank)) as [
    number,
    number,
  ];
  if (last < first) throw new ShapeError(`[flatten] axis ${end} comes before axis ${start}`);
  const merged = sizeOf(x.shape.slice(first, last + 1));
  return reshape(x, [...x.shape.slice(0, first), merged, ...x.shape.slice(last + 1)]);
}

/**
 * Repeats axes of size one, as PyTorch's expand: -1 keeps a size. The repeated elements are copied.
 *
 * @throws ShapeError if x does not broadcast to `shape`
 *
 * Gradients: x.
 */
export function expand(x: Tensor, shape: Shape): Tensor {
  const lead = shape.length - x.rank;
  const whole = shape.map((n, i) => (n === -1 && i >= lead ? (x.shape[i - lead] ?? 1) : n));
  assertDimensions("expand", whole);
  return broadcastTo(x, whole);
}

/**
 * Joins tensors of one shape along a new axis.
 *
 * @param axis where the new axis stands in the result; default 0
 * @throws ShapeError if there is no tensor, the axis is out of range, or the shapes or dtypes differ
 *
 * Gradients: every tensor.
 */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  const [first] = tensors;
  if (!first) throw new ShapeError("[stack] needs at least one tensor");
  const at = normalizeAxis("stack", axis, first.rank + 1);
  const odd = tensors.find((t) => show(t) !== show(first));
  if (odd) throw new ShapeError(`[stack] all must be ${show(first)}, as the first, got ${show(odd)}`);
  return freeAfter(first.device, () =>
    concat(
      tensors.map((t) => unsqueeze(t, at)),
      at,
    ),
  );
}

function show({ shape, dtype }: Tensor): string {
  return `${showShape(shape)} ${dtype}`;
}
