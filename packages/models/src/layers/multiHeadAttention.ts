/** @file Multi-head attention with separate query, key, value and output maps. */

import {
  attention,
  type Device,
  Linear,
  matmul,
  mean,
  Module,
  type Random,
  reshape,
  softmax,
  type Tensor,
  transpose,
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

  /**
   * Where each query looks: softmax(Q Kᵀ / sqrt(D / H)), computed in full, the mean over the heads.
   *
   * @param x       [B, T, D] f32
   * @param context [B, S, C] f32
   * @returns [B, T, S] f32, rows that sum to 1
   */
  weights(x: Tensor, context: Tensor): Tensor {
    const split = (y: Tensor) =>
      transpose(reshape(y, [...y.shape.slice(0, 2), this.heads, -1]), [0, 2, 1, 3]); // [B, T, D] -> [B, H, T, D/H]
    const [q, k] = [split(this.query.forward(x)), split(this.key.forward(context))];
    const scores = matmul(q, k, { transposeB: true, scale: 1 / Math.sqrt(q.shape[3] ?? 1) }); // [B, H, T, S]
    return mean(softmax(scores), 1); // [B, H, T, S] -> [B, T, S]
  }
}
