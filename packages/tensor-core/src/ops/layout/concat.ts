/** @file Tensors joined along one axis. */

import { defineOp } from "../../autograd/defineOp.ts";
import { normalizeAxis, ShapeError, showShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { copyParts } from "./parts.ts";
import { slice } from "./slice.ts";
import { split } from "./split.ts";

interface Attributes {
  readonly axis: number;
  /** Where each part starts along the axis, and where the last ends. */
  readonly bounds: readonly number[];
}

// The parts are named t0, t1, ... in their order.
const concatOp = defineOp<Record<string, Tensor>, never, Attributes, never>({
  name: "concat",
  shape: ({ t0 }, { axis, bounds }) => {
    const first = t0 as Tensor;
    return {
      y: { shape: first.shape.map((n, i) => (i === axis ? (bounds.at(-1) ?? 0) : n)), dtype: first.dtype },
    };
  },
  forward: ({ y, ...parts }, { axis, bounds }) => {
    const inOrder = bounds.slice(1).map((_, i) => parts[`t${i}`] as Tensor);
    copyParts(y as Tensor, inOrder, axis, "join");
  },
  save: [],
  gradient: (_, dy, { axis, bounds }, needs) => {
    const sizes = bounds.slice(1).map((end, i) => end - (bounds[i] ?? 0));
    if (needs.size === sizes.length) {
      return Object.fromEntries(split(dy, axis, sizes).map((part, i) => [`t${i}`, part]));
    }
    return Object.fromEntries(
      [...needs].map((name) => {
        const i = Number(name.slice(1));
        return [name, slice(dy, axis, bounds[i] ?? 0, bounds[i + 1] ?? 0)];
      }),
    );
  },
});

/**
 * Joins tensors along one axis, in their order.
 *
 * @param tensors at least one; of one dtype, and of one shape except along the axis
 * @param axis    negative ones count from the end
 * @returns       [..., sum of the sizes, ...]; of one tensor itself, not a copy
 * @throws ShapeError if there is no tensor, or another axis or the dtype differs
 *
 * Numerics: exact. Gradients: every tensor.
 */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = tensors;
  if (!first) throw new ShapeError("[concat] needs at least one tensor");
  const at = normalizeAxis("concat", axis, first.rank);
  const bounds = [0];
  tensors.forEach((part, i) => {
    const fits = part.rank === first.rank && part.shape.every((n, j) => j === at || n === first.shape[j]);
    if (!fits || part.dtype !== first.dtype) {
      throw new ShapeError(
        `[concat] tensor ${i} is ${showShape(part.shape)} ${part.dtype}, the first ${showShape(first.shape)} ` +
          `${first.dtype}: only axis ${axis} may differ`,
      );
    }
    bounds.push((bounds[i] ?? 0) + (part.shape[at] ?? 0));
  });
  if (tensors.length === 1) return first;
  return concatOp(Object.fromEntries(tensors.map((part, i) => [`t${i}`, part])), { axis: at, bounds });
}
