/** @file Fused scaled dot-product attention that never stores its T x S scores. */

import { defineOp, run } from "../../autograd/defineOp.ts";
import { freeAfter } from "../../autograd/tape.ts";
import { type Shape, ShapeError, showShape } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { backwardByBatch, forwardByBatch } from "./attentionByBatch.ts";
import type { AttentionAttributes } from "./attentionKernels.ts";
import { attentionVisibility } from "./attentionMask.wgsl.ts";
import { widest } from "./attentionVariant.ts";
import { scaleOf } from "./scaleOf.ts";
import { storedAlike } from "./storedAs.ts";

export interface AttentionOptions {
  /**
   * Which keys a query sees. `none` masks none: every query sees all. `causal`: those up to its own position.
   * `prefixCausal`: besides, the first `prefix` keys are visible to every query. Default `none`.
   */
  readonly mask?: "none" | "causal" | "prefixCausal";
  /** Keys visible to every query, for `prefixCausal` only. */
  readonly prefix?: number;
  /** How many keys of each batch item are real, [B] i32; the rest, padding, is visible to no query. */
  readonly lengths?: Tensor;
  /** Which keys are visible, [B, S] i32; 0 hides a key from every query. */
  readonly keyMask?: Tensor;
  /** Factor of the products of queries and keys; default 1 / sqrt(D). */
  readonly scale?: number;
}

const attentionOp = defineOp<
  { q: Tensor; k: Tensor; v: Tensor; visible: Tensor | undefined },
  "lse",
  AttentionAttributes,
  "q" | "k" | "v" | "visible" | "y" | "lse"
>({
  name: "attention",
  shape: ({ q }) => {
    const [batch, tokens, heads] = q.shape as [number, number, number];
    return { y: { shape: q.shape, dtype: q.dtype }, lse: { shape: [batch, heads, tokens], dtype: "f32" } };
  },
  forward: forwardByBatch,
  save: ["q", "k", "v", "visible", "y", "lse"],
  gradient: (saved, dy, attributes, needs) =>
    backwardByBatch(saved, dy, attributes, needs.has("k") || needs.has("v")),
});

/**
 * Attention of T queries over S keys, in H heads of width D:
 *
 *     y = softmax(scale q kᵀ + mask) v
 *
 * Query i stands at position S - T + i. Where k and v have fewer heads (Hkv), H / Hkv neighbouring query heads share
 * one of them (Ainslie et al. 2023, arXiv:2305.13245).
 *
 * @param q [B, T, H, D] f32 or f16, D a multiple of 4 up to 128
 * @param k [B, S, Hkv, D] of q's dtype
 * @param v [B, S, Hkv, D] of q's dtype
 * @returns [B, T, H, D] of q's dtype; zeros for a query that sees no key
 * @throws ShapeError if shapes or dtypes do not fit, or there is no such mask
 * @throws RangeError if the scale is no finite number
 *
 * Numerics: a running maximum is subtracted (Dao et al. 2022, arXiv:2205.14135); the forward pass keeps the log of each
 * row's sum, [B, H, T], and the backward pass computes the scores again. Every sum has a fixed order. Of f16, products,
 * sums and weights are f32, results and gradients are rounded once, and dq and dk are made from y as it was rounded. Keys
 * and values that are hidden must be finite, too: their weight is 0, and 0 times NaN or infinity may make NaN of rows that
 * do not see them, depending on where they stand. {@link attentionDecode} reads none past the length.
 * Gradients: q, k, v.
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  const { mask = "none", prefix = 0 } = options;
  const [batch, keys] = assertShapes(q, k, v);
  if (!masks.includes(mask)) {
    throw new ShapeError(
      `[attention] mask must be "none", "causal" or "prefixCausal", got "${String(mask)}"`,
    );
  }
  if (!Number.isInteger(prefix) || prefix < 0 || (prefix > 0 && mask !== "prefixCausal")) {
    throw new ShapeError(
      `[attention] prefix must be a whole number >= 0 and needs mask "prefixCausal", got ${prefix} with "${mask}"`,
    );
  }
  const { lengths, keyMask } = options;
  assertMask("lengths", lengths, [batch]);
  assertMask("keyMask", keyMask, [batch, keys]);
  const scale = scaleOf("attention", options.scale, q);
  return freeAfter(q.device, () => {
    const visible = visibility(lengths, keyMask, batch, keys);
    return attentionOp(
      { q, k, v, visible },
      { prefix: mask === "none" ? keys : Math.min(prefix, keys), scale },
    );
  });
}

const masks: readonly string[] = ["none", "causal", "prefixCausal"] satisfies AttentionOptions["mask"][];

function assertMask(name: string, given: Tensor | undefined, shape: Shape): void {
  if (given && (given.dtype !== "i32" || showShape(given.shape) !== showShape(shape))) {
    throw new ShapeError(
      `[attention] ${name} must be ${showShape(shape)} i32, got ${showShape(given.shape)} ${given.dtype}`,
    );
  }
}

/** Lengths and mask in the one form that the kernels read; undefined where neither is given. */
function visibility(
  lengths: Tensor | undefined,
  keyMask: Tensor | undefined,
  batch: number,
  keys: number,
): Tensor | undefined {
  const given = lengths ?? keyMask;
  if (!given || batch * keys === 0) return undefined;
  const shape = [batch, 1 + Math.ceil(keys / 4), 4];
  const visible = Tensor.allocate(given.device, shape, "u32", "[attention] visible");
  run(
    attentionVisibility,
    { lengths: lengths ?? given, keyMask: keyMask ?? given, visible },
    { batches: batch, keys, hasLengths: lengths ? 1 : 0, hasMask: keyMask ? 1 : 0 },
    batch,
  );
  return visible;
}

function assertShapes(q: Tensor, k: Tensor, v: Tensor): readonly [batch: number, keys: number] {
  const fail = (why: string): never => {
    const shown = [q, k, v].map((t) => showShape(t.shape)).join(", ");
    throw new ShapeError(`[attention] q, k, v are ${shown}: ${why}`);
  };
  if ([q, k, v].some((t) => t.rank !== 4)) fail("each must be [B, T, H, D]");
  if (!storedAlike([q, k, v])) {
    fail(`all must be f32, or all f16, got ${q.dtype}, ${k.dtype} and ${v.dtype}: cast them to one`);
  }
  const [batch, , heads, dim] = q.shape as [number, number, number, number];
  const [keyBatch, keys, keyHeads, keyDim] = k.shape as [number, number, number, number];
  if (showShape(k.shape) !== showShape(v.shape)) fail("k and v must have one shape");
  if (batch !== keyBatch) fail(`the batches ${batch} and ${keyBatch} differ`);
  if (dim !== keyDim) fail(`the widths ${dim} and ${keyDim} differ`);
  if (keyHeads === 0 || heads % keyHeads !== 0) {
    fail(`${heads} query heads must be a multiple of ${keyHeads} key heads`);
  }
  if (dim % 4 !== 0 || dim < 4 || dim > widest) {
    fail(
      `the width ${dim} must be a multiple of 4, at most ${widest}: pad heads with zeros and pass scale, or use more heads`,
    );
  }
  return [batch, keys];
}
