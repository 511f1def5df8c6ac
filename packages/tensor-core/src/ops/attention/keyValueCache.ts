/** @file Keys and values of earlier tokens in preallocated memory. */

import { run } from "../../autograd/defineOp.ts";
import { zeros } from "../../tensor/create.ts";
import type { Device } from "../../tensor/device.ts";
import { ShapeError, showShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { appendKeyValueKernel } from "./keyValueCache.wgsl.ts";

/** Keys and values of a layer, [B, S, Hkv, D] f32 each; S is the capacity, of which the first rows are in use. */
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
 */
export function keyValueCache(
  device: Device,
  batch: number,
  capacity: number,
  heads: number,
  dim: number,
): KeyValueCache {
  const shape = [batch, capacity, heads, dim];
  return { keys: zeros(device, shape), values: zeros(device, shape) };
}

/**
 * Writes the keys and values of T tokens into rows `position` to `position + T - 1` of a cache, in place.
 *
 * A tensor as the position is read when the kernel runs, so a recorded step can be replayed further along. Rows past the
 * capacity are then left out, since the host does not know of them. There is no gradient.
 *
 * @param k        [B, T, Hkv, D] f32
 * @param v        [B, T, Hkv, D] f32
 * @param position a number, or i32 [1], or i32 [B] with one for each batch item
 * @throws ShapeError if shapes do not fit, or rows at a position given as a number exceed the capacity
 */
export function appendKeyValue(cache: KeyValueCache, k: Tensor, v: Tensor, position: number | Tensor): void {
  const { keys, values } = cache;
  const [batch, capacity, heads, dim] = keys.shape as [number, number, number, number];
  const tokens = k.shape[1] ?? 0;
  const wanted = showShape([batch, tokens, heads, dim]);
  if (
    showShape(k.shape) !== wanted ||
    showShape(v.shape) !== wanted ||
    [k, v].some((t) => t.dtype !== "f32")
  ) {
    throw new ShapeError(
      `[appendKeyValue] k and v must be [B, T, Hkv, D] f32 and fit a cache of ${showShape(keys.shape)}, ` +
        `got ${showShape(k.shape)} and ${showShape(v.shape)}`,
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
  const units = batch * tokens * quads;
  run(
    appendKeyValueKernel,
    { k, v, positions: at.tensor ?? k, keys, values },
    { tokens, capacity, quads, position: at.value, counted: at.counted, units },
    Math.ceil(units / 64),
  );
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
