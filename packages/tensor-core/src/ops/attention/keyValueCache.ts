/** @file Keys and values of earlier tokens in preallocated memory. */

import { recordByRows, run } from "../../autograd/defineOp.ts";
import { zeros } from "../../tensor/create.ts";
import type { Device } from "../../tensor/device.ts";
import { ShapeError, showShape } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { stridedCopy } from "../layout/stridedCopy.ts";
import { appendKeyValueKernel } from "./keyValueCache.wgsl.ts";
import { storedAlike, storedAs } from "./storedAs.ts";

/** Keys and values of a layer, [B, S, Hkv, D] each, f32 or f16; S is the capacity, of which the first rows are in use. */
export interface KeyValueCache {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/**
 * An empty cache.
 *
 * @param batch    B
 * @param capacity S, the most tokens that it can hold
 * @param heads    Hkv
 * @param dim      D, a multiple of 4
 * @param dtype    of keys and values; f16 takes half the memory
 */
export function keyValueCache(
  device: Device,
  batch: number,
  capacity: number,
  heads: number,
  dim: number,
  dtype: "f32" | "f16" = "f32",
): KeyValueCache {
  const shape = [batch, capacity, heads, dim];
  return { keys: zeros(device, shape, dtype), values: zeros(device, shape, dtype) };
}

/**
 * Writes the keys and values of T tokens into rows `position` to `position + T - 1` of a cache, in place.
 *
 * A tensor as the position is read when the kernel runs, so a recorded step can be replayed further along. Rows past the
 * capacity are then left out, since the host does not know of them. There is no gradient.
 *
 * @param k        [B, T, Hkv, D] of the cache's dtype
 * @param v        [B, T, Hkv, D] of the cache's dtype
 * @param position a number, or i32 [1], or i32 [B] with one for each batch item
 * @throws ShapeError if shapes, dtypes or devices do not fit, or rows at a position given as a number exceed the capacity
 */
export function appendKeyValue(cache: KeyValueCache, k: Tensor, v: Tensor, position: number | Tensor): void {
  const { keys, values } = cache;
  const [batch, capacity, heads, dim] = keys.shape as [number, number, number, number];
  const tokens = k.shape[1] ?? 0;
  const wanted = showShape([batch, tokens, heads, dim]);
  if (showShape(k.shape) !== wanted || showShape(v.shape) !== wanted) {
    throw new ShapeError(
      `[appendKeyValue] k and v must be [B, T, Hkv, D] and fit a cache of ${showShape(keys.shape)}, ` +
        `got ${showShape(k.shape)} and ${showShape(v.shape)}`,
    );
  }
  if (!storedAlike([keys, values, k, v])) {
    throw new ShapeError(
      `[appendKeyValue] k and v are ${k.dtype} and ${v.dtype}, the cache ${keys.dtype} and ${values.dtype}: ` +
        "cast them, or make the cache in their dtype, f32 or f16",
    );
  }
  if (dim % 4 !== 0) throw new ShapeError(`[appendKeyValue] the width must be a multiple of 4, got ${dim}`);
  const at = countOf("appendKeyValue", "position", position, batch);
  if (at.value + tokens > capacity) {
    throw new ShapeError(
      `[appendKeyValue] rows ${at.value} to ${at.value + tokens - 1} exceed the capacity of ${capacity}; make a larger cache`,
    );
  }
  const quads = (heads * dim) / 4;
  recordByRows({ k, v, keys, values }, batch, (part, items, first) => {
    const units = items * tokens * quads;
    run(
      appendKeyValueKernel(storedAs(keys)),
      { ...part, positions: countsOf(at.tensor, first, items) ?? part.k },
      { tokens, capacity, quads, position: at.value, counted: at.counted, units },
      Math.ceil(units / 64),
    );
  });
}

/** @internal A count given as a number, for all batch items, or for each. */
export function countOf(op: string, name: string, given: number | Tensor, batch: number) {
  if (typeof given === "number") {
    if (Number.isInteger(given) && given >= 0) return { value: given, counted: 0, tensor: undefined };
    throw new ShapeError(`[${op}] ${name} must be a whole number >= 0, got ${given}`);
  }
  if (given.dtype !== "i32" || given.rank !== 1 || (given.size !== 1 && given.size !== batch)) {
    throw new ShapeError(
      `[${op}] ${name} must be [1] or [${batch}] i32, got ${showShape(given.shape)} ${given.dtype}`,
    );
  }
  return { value: 0, counted: given.size === 1 ? 1 : 2, tensor: given };
}

/** @internal The counts of some items of a batch, copied: a binding cannot begin at each of them. One count holds for all. */
export function countsOf(counts: Tensor | undefined, first: number, items: number): Tensor | undefined {
  if (!counts || counts.size === 1 || counts.size === items) return counts;
  const some = Tensor.allocate(counts.device, [items], counts.dtype, "counts of some items");
  stridedCopy("countsOf", { x: counts, offset: first, strides: [1] }, some);
  return some;
}
