/** @file Attention of the newest tokens over a cache of keys and values. */

import { defineOp, recordByRows, run } from "../../autograd/defineOp.ts";
import { ShapeError, showShape } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { attentionDecodeJoin, attentionDecodeSplit, keysPerSplit } from "./attentionDecode.wgsl.ts";
import { widest } from "./attentionVariant.ts";
import { countOf, countsOf, type KeyValueCache } from "./keyValueCache.ts";
import { scaleOf } from "./scaleOf.ts";
import { storedAlike, storedAs } from "./storedAs.ts";

export interface AttentionDecodeOptions {
  /** Factor of the products of queries and keys; default 1 / sqrt(D). */
  readonly scale?: number;
}

interface Attributes {
  readonly length: number;
  readonly counted: number;
  readonly scale: number;
}

const decodeOp = defineOp<
  { q: Tensor; k: Tensor; v: Tensor; lengths: Tensor | undefined },
  never,
  Attributes,
  never
>({
  name: "attentionDecode",
  shape: ({ q }) => ({ y: { shape: q.shape, dtype: q.dtype } }),
  forward: ({ q, k, v, lengths, y }, { length, counted, scale }) => {
    const [batch, tokens, heads, dim] = q.shape as [number, number, number, number];
    const [, capacity, keyHeads] = k.shape as [number, number, number];
    const quads = dim / 4;
    // Without a length on the device, no more splits than there are keys.
    const splits = Math.max(1, Math.ceil((counted === 0 ? length : capacity) / keysPerSplit));
    const group = heads / keyHeads;
    const width = 2 ** Math.ceil(Math.log2(quads));
    const uniforms = {
      tokens,
      capacity,
      heads,
      group,
      quads,
      splits,
      length,
      counted,
      scale,
      width,
      least: 1,
    };
    const stored = storedAs(q);
    recordByRows({ q, k, v, y }, batch, ({ y: sum, ...part }, items, first) => {
      const rows = items * tokens * heads;
      const units = rows * splits;
      const parts = Tensor.allocate(q.device, [rows, splits, quads + 1, 4], "f32", "[attentionDecode] parts");
      const given = { parts, lengths: countsOf(lengths, first, items) ?? part.k };
      run(attentionDecodeSplit(stored), { ...part, ...given }, { ...uniforms, units }, units);
      run(attentionDecodeJoin(stored), { ...given, y: sum }, { ...uniforms, units: rows }, rows);
      parts.dispose();
    });
  },
  save: [],
});

/**
 * Attention of T new tokens over the first `length` rows of a cache, their own included; for generation, where T is one
 * or few. Query i stands at position length - T + i and sees the keys up to it.
 *
 * Keys are split among workgroups, so that one query uses the whole device (Dao et al. 2023, "Flash-Decoding"). A tensor
 * as the length is read when the kernel runs, so a recorded step can be replayed further along; the work is then laid
 * out for the whole capacity, and workgroups past the length return at once.
 *
 * @param q      [B, T, H, D] f32 or f16, D a multiple of 4 up to 128
 * @param cache  keys and values [B, S, Hkv, D] of q's dtype; H a multiple of Hkv
 * @param length a number, or i32 [1], or i32 [B] with one for each batch item
 * @returns [B, T, H, D] of q's dtype; zeros for a query that sees no key
 * @throws ShapeError if shapes or dtypes do not fit, or a length given as a number exceeds the capacity
 * @throws RangeError if the scale is no finite number
 *
 * Numerics: as in {@link attention}. Gradients: none.
 */
export function attentionDecode(
  q: Tensor,
  cache: KeyValueCache,
  length: number | Tensor,
  options: AttentionDecodeOptions = {},
): Tensor {
  const { keys, values } = cache;
  const fail = (why: string): never => {
    throw new ShapeError(
      `[attentionDecode] q is ${showShape(q.shape)}, the cache ${showShape(keys.shape)}: ${why}`,
    );
  };
  if (q.rank !== 4 || keys.rank !== 4) fail("each must be of rank 4");
  if (!storedAlike([q, keys, values])) {
    fail(
      `q, keys and values must be all f32, or all f16, got ${q.dtype}, ${keys.dtype} and ${values.dtype}: cast q, or make the cache in its dtype`,
    );
  }
  const [batch, , heads, dim] = q.shape as [number, number, number, number];
  const [keyBatch, capacity, keyHeads, keyDim] = keys.shape as [number, number, number, number];
  if (showShape(keys.shape) !== showShape(values.shape)) fail("keys and values must have one shape");
  if (batch !== keyBatch) fail(`the batches ${batch} and ${keyBatch} differ`);
  if (dim !== keyDim) fail(`the widths ${dim} and ${keyDim} differ`);
  if (keyHeads === 0 || heads % keyHeads !== 0) {
    fail(`${heads} query heads must be a multiple of ${keyHeads} key heads`);
  }
  if (dim % 4 !== 0 || dim < 4 || dim > widest) fail(`the width must be a multiple of 4, at most ${widest}`);
  const count = countOf("attentionDecode", "length", length, batch);
  if (count.value > capacity) fail(`the length ${count.value} exceeds the capacity`);
  return decodeOp(
    { q, k: keys, v: values, lengths: count.tensor },
    { length: count.value, counted: count.counted, scale: scaleOf("attentionDecode", options.scale, q) },
  );
}
