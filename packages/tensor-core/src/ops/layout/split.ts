/** @file A tensor cut along one axis. */

import { isTracked, noGrad, record } from "../../autograd/tape.ts";
import { fill } from "../../tensor/fill.ts";
import { normalizeAxis, ShapeError, showShape } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { copyParts } from "./parts.ts";

/**
 * Cuts a tensor along one axis, in order.
 *
 * @param x     [..., n, ...] of any dtype
 * @param axis  negative ones count from the end
 * @param sizes how long each part is, n together; a number cuts into as many equal parts
 * @returns     [..., size, ...] for each size; of one size x itself, not a copy
 * @throws ShapeError if the sizes do not add up to n, or n does not divide by the number of parts
 *
 * Numerics: exact. Gradients: x, written once from those of all parts, by one kernel for every seven.
 */
export function split(x: Tensor, axis: number, sizes: number | readonly number[]): Tensor[] {
  x.assertLive("split");
  const at = normalizeAxis("split", axis, x.rank);
  const lengths = lengthsOf(x, axis, x.shape[at] ?? 0, sizes);
  if (lengths.length === 1) return [x];
  const shapes = lengths.map((length) => x.shape.with(at, length));
  const parts = shapes.map((shape) => Tensor.allocate(x.device, shape, x.dtype, "[split] part"));
  if (x.size > 0) noGrad(() => copyParts(x, parts, at, "split"));
  if (isTracked(x)) {
    record({
      op: "split",
      inputs: [x],
      outputs: parts,
      backward: (dys) => {
        const dx = Tensor.allocate(x.device, x.shape, x.dtype, "[split] dx");
        const pieces = shapes.map(
          (shape, i) => dys[i] ?? fill(Tensor.allocate(x.device, shape, x.dtype, "[split] no gradient"), 0),
        );
        if (dx.size > 0) copyParts(dx, pieces, at, "join");
        return [dx];
      },
    });
  }
  return parts;
}

function lengthsOf(x: Tensor, axis: number, n: number, sizes: number | readonly number[]): readonly number[] {
  if (typeof sizes === "number") {
    if (!Number.isInteger(sizes) || sizes < 1 || n % sizes !== 0) {
      throw new ShapeError(
        `[split] axis ${axis} of ${showShape(x.shape)} does not divide into ${sizes} equal parts: give their sizes`,
      );
    }
    return Array.from({ length: sizes }, () => n / sizes);
  }
  const whole = sizes.every((size) => Number.isInteger(size) && size >= 0);
  if (!whole || sizes.reduce((total, size) => total + size, 0) !== n) {
    throw new ShapeError(
      `[split] sizes ${showShape(sizes)} must be whole and add up to ${n}, axis ${axis} of ${showShape(x.shape)}`,
    );
  }
  return sizes;
}
