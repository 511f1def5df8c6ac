/** @file Fused scaled dot-product attention that never stores its T x S scores. */

import { defineOp, run } from "../../autograd/defineOp.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import type { Device } from "../../tensor/device.ts";
import { ShapeError, showShape } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import {
  attentionBackwardKeyPlain,
  attentionBackwardQueryPlain,
  attentionForwardPlain,
} from "./attentionPlain.wgsl.ts";
import {
  attentionBackwardKeyShared,
  attentionBackwardQueryShared,
  attentionForwardShared,
  rowsPerGroup,
  type SharedVariant,
} from "./attentionShared.wgsl.ts";

export interface AttentionOptions {
  /**
   * Which keys a query sees. `none` masks none: every query sees all. `causal`: those up to its own position.
   * `prefixCausal`: besides, the first `prefix` keys are visible to every query. Default `none`.
   */
  readonly mask?: "none" | "causal" | "prefixCausal";
  /** Keys visible to every query, for `prefixCausal` only. */
  readonly prefix?: number;
  /** Factor of the products of queries and keys; default 1 / sqrt(D). */
  readonly scale?: number;
}

interface Attributes {
  readonly prefix: number;
  readonly scale: number;
}

const attentionOp = defineOp<
  { q: Tensor; k: Tensor; v: Tensor },
  "lse",
  Attributes,
  "q" | "k" | "v" | "y" | "lse"
>({
  name: "attention",
  shape: ({ q }) => {
    const [batch, tokens, heads] = q.shape as [number, number, number];
    return { y: { shape: q.shape, dtype: "f32" }, lse: { shape: [batch, heads, tokens], dtype: "f32" } };
  },
  forward: ({ q, k, v, y, lse }, attributes) => {
    const { uniforms, kernels, queryWork } = plan(q, k, attributes);
    run(kernels.forward, { q, k, v, y, lse }, { ...uniforms, units: queryWork.units }, queryWork.groups);
  },
  save: ["q", "k", "v", "y", "lse"],
  gradient: ({ q, k, v, y, lse }, dy, attributes, needs) => {
    const { uniforms, kernels, queryWork, keyWork } = plan(q, k, attributes);
    const dq = Tensor.allocate(q.device, q.shape, "f32", "[attention] dq");
    const delta = Tensor.allocate(q.device, lse.shape, "f32", "[attention] delta");
    run(
      kernels.query,
      { q, k, v, y, dy, lse, dq, delta },
      { ...uniforms, units: queryWork.units },
      queryWork.groups,
    );
    if (!needs.has("k") && !needs.has("v")) {
      delta.dispose();
      return { q: dq };
    }
    const dk = Tensor.allocate(q.device, k.shape, "f32", "[attention] dk");
    const dv = Tensor.allocate(q.device, v.shape, "f32", "[attention] dv");
    run(
      kernels.key,
      { q, k, v, dy, lse, delta, dk, dv },
      { ...uniforms, units: keyWork.units },
      keyWork.groups,
    );
    delta.dispose();
    return { q: dq, k: dk, v: dv };
  },
});

/**
 * Attention of T queries over S keys, in H heads of width D:
 *
 *     y = softmax(scale q kᵀ + mask) v
 *
 * Query i stands at position S - T + i. Where k and v have fewer heads (Hkv), H / Hkv neighbouring query heads share
 * one of them (Ainslie et al. 2023, arXiv:2305.13245).
 *
 * @param q [B, T, H, D] f32, D a multiple of 4 up to 128
 * @param k [B, S, Hkv, D] f32
 * @param v [B, S, Hkv, D] f32
 * @returns [B, T, H, D] f32
 * @throws ShapeError if shapes do not fit, or a query would see no key
 *
 * Numerics: a running maximum is subtracted (Dao et al. 2022, arXiv:2205.14135); the forward pass keeps the log of each
 * row's sum, [B, H, T], and the backward pass computes the scores again. Every sum has a fixed order.
 * Gradients: q, k, v.
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  const { mask = "none", prefix = 0 } = options;
  const [tokens, keys] = assertShapes(q, k, v);
  if (!Number.isInteger(prefix) || prefix < 0 || (prefix > 0 && mask !== "prefixCausal")) {
    throw new ShapeError(
      `[attention] prefix must be a whole number >= 0 and needs mask "prefixCausal", got ${prefix} with "${mask}"`,
    );
  }
  if (q.size > 0 && (keys === 0 || (mask !== "none" && prefix === 0 && keys < tokens))) {
    throw new ShapeError(
      `[attention] ${tokens} queries over ${keys} keys with mask "${mask}": the first would see no key; ` +
        `give at least ${mask === "none" ? 1 : tokens} keys, or a prefix`,
    );
  }
  const visible = mask === "none" ? keys : Math.min(prefix, keys);
  const scale = options.scale ?? 1 / Math.sqrt(q.shape[3] as number);
  return attentionOp({ q, k, v }, { prefix: visible, scale });
}

const widest = 128;

function assertShapes(q: Tensor, k: Tensor, v: Tensor): readonly [tokens: number, keys: number] {
  const fail = (why: string): never => {
    const shown = [q, k, v].map((t) => showShape(t.shape)).join(", ");
    throw new ShapeError(`[attention] q, k, v are ${shown}: ${why}`);
  };
  if ([q, k, v].some((t) => t.rank !== 4 || t.dtype !== "f32")) fail("each must be [B, T, H, D] f32");
  const [batch, tokens, heads, dim] = q.shape as [number, number, number, number];
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
  return [tokens, keys];
}

/** The kernels for a device and a width, and how their work is cut into workgroups. */
function plan(q: Tensor, k: Tensor, { prefix, scale }: Attributes) {
  const [batch, tokens, heads, dim] = q.shape as [number, number, number, number];
  const [, keys, keyHeads] = k.shape as [number, number, number, number];
  const quads = dim / 4;
  const lanes = sharingLanes(q.device);
  const shared = lanes > 1;
  const work = (rows: number, sets: number) =>
    shared
      ? { units: sets * Math.ceil(rows / rowsPerGroup), groups: sets * Math.ceil(rows / rowsPerGroup) }
      : { units: sets * rows, groups: Math.ceil((sets * rows) / 64) };
  return {
    kernels: shared ? attentionShared({ owned: Math.ceil(quads / lanes), lanes }) : attentionPlain({ quads }),
    queryWork: work(tokens, batch * heads),
    keyWork: work(keys, batch * keyHeads),
    uniforms: { quads, tokens, keys, heads, keyHeads, group: heads / keyHeads, prefix, scale },
  };
}

/** The subgroup size where it is fixed and rows can be shared over it; else 1. */
function sharingLanes(device: Device): number {
  const { subgroupMinSize, subgroupMaxSize } = device.info;
  return subgroupMinSize === subgroupMaxSize && [8, 16, 32].includes(subgroupMinSize) ? subgroupMinSize : 1;
}

const attentionShared = byVariant((variant: SharedVariant) => ({
  forward: attentionForwardShared(variant),
  query: attentionBackwardQueryShared(variant),
  key: attentionBackwardKeyShared(variant),
}));

const attentionPlain = byVariant((variant: { quads: number }) => ({
  forward: attentionForwardPlain(variant),
  query: attentionBackwardQueryPlain(variant),
  key: attentionBackwardKeyPlain(variant),
}));
