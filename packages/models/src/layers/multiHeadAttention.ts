/** @file Multi-head attention with separate query, key, value and output maps. */

import {
  attention,
  type Device,
  Linear,
  Module,
  type Random,
  reshape,
  type Tensor,
} from "@candor/tensor-core";

// B batch, T queries, S keys, D width, C width of the context, H heads, D = H * (D / H)

export interface MultiHeadAttentionOptions {
  /** D, the width of queries and of the result. */
  readonly width: number;
  /** H */
  readonly heads: number;
  /** C, the width of what keys and values are made of; default D. */
  readonly contextWidth?: number;
  /** Deviation of the initial output weight; default 1 / sqrt(D). */
  readonly outputDeviation?: number;
  /** Tokens see themselves and those before them alone; default false. */
  readonly causal?: boolean | undefined;
}

/** softmax(Q Kᵀ / sqrt(D / H)) V, over x itself or over a context. Vaswani et al. 2017, equation 1 and section 3.2.2. */
export class MultiHeadAttention extends Module {
  readonly heads: number;
  readonly causal: boolean;
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly output: Linear;

  constructor(device: Device, options: MultiHeadAttentionOptions, random: Random) {
    super();
    const { width, heads, contextWidth = width, outputDeviation = 1 / Math.sqrt(width) } = options;
    this.heads = heads;
    this.causal = options.causal ?? false;
    this.query = new Linear(device, width, width, random.fork("query"));
    this.key = new Linear(device, contextWidth, width, random.fork("key"));
    this.value = new Linear(device, contextWidth, width, random.fork("value"));
    this.output = new Linear(device, width, width, random.fork("output"), { deviation: outputDeviation });
  }

  /**
   * @param x        [B, T, D] f32
   * @param context  [B, S, C] f32; x by default
   * @param residual [B, T, D] f32, added to the result
   * @returns [B, T, D] f32
   */
  forward(x: Tensor, context: Tensor = x, residual?: Tensor): Tensor {
    const split = (y: Tensor) => reshape(y, [...y.shape.slice(0, 2), this.heads, -1]);
    const q = split(this.query.forward(x)); // [B, T, H, D/H]
    const k = split(this.key.forward(context)); // [B, S, H, D/H]
    const v = split(this.value.forward(context)); // [B, S, H, D/H]
    const y = attention(q, k, v, { mask: this.causal ? "causal" : "none" }); // [B, T, H, D/H]
    return this.output.forward(reshape(y, x.shape), { residual }); // [B, T, D]
  }
}
