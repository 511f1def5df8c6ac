/** @file One layer of the LLaMA-style decoder. */

import {
  attention,
  type Device,
  Linear,
  Module,
  type Random,
  reshape,
  RmsNorm,
  rotaryEmbedding,
  type Tensor,
} from "@candor/tensor-core";
import type { LmConfig } from "./lmConfig.ts";

// B batch, T tokens, W width, H query heads, G key and value heads, E = W / H, M hidden units

/** Grouped-query attention with rotary positions, without biases. Touvron et al. 2023; Ainslie et al. 2023, arXiv:2305.13245. */
export class DecoderAttention extends Module {
  readonly config: LmConfig;
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly output: Linear;

  constructor(device: Device, config: LmConfig, random: Random) {
    super();
    const { width, heads, kvHeads, layers } = config;
    const kvWidth = (width / heads) * kvHeads;
    this.config = config;
    this.query = new Linear(device, width, width, random.fork("query"), { bias: false });
    this.key = new Linear(device, width, kvWidth, random.fork("key"), { bias: false });
    this.value = new Linear(device, width, kvWidth, random.fork("value"), { bias: false });
    this.output = new Linear(device, width, width, random.fork("output"), {
      bias: false,
      deviation: 1 / Math.sqrt(2 * layers * width),
    });
  }

  /**
   * @param x        [B, T, W] f32
   * @param prefix   the first tokens, which all tokens see
   * @param residual [B, T, W] f32, added to the result
   * @returns [B, T, W] f32
   */
  forward(x: Tensor, prefix: number, residual?: Tensor): Tensor {
    const { heads, kvHeads, ropeBase } = this.config;
    const q = rotaryEmbedding(splitHeads(this.query.forward(x), heads), { base: ropeBase }); // [B, T, H, E]
    const k = rotaryEmbedding(splitHeads(this.key.forward(x), kvHeads), { base: ropeBase }); // [B, T, G, E]
    const v = splitHeads(this.value.forward(x), kvHeads); // [B, T, G, E]
    const y = attention(q, k, v, { mask: "prefixCausal", prefix }); // [B, T, H, E]
    return this.output.forward(reshape(y, x.shape), { residual }); // [B, T, W]
  }
}

/** [B, T, heads * E] -> [B, T, heads, E] */
function splitHeads(x: Tensor, heads: number): Tensor {
  return reshape(x, [...x.shape.slice(0, 2), heads, -1]);
}

/** W_down (SiLU(W_gate x) * W_up x). Shazeer 2020, "GLU variants improve transformer", arXiv:2002.05202. */
export class GatedMlp extends Module {
  readonly gate: Linear;
  readonly up: Linear;
  readonly down: Linear;

  constructor(device: Device, config: LmConfig, random: Random) {
    super();
    const { width, hidden, layers } = config;
    this.gate = new Linear(device, width, hidden, random.fork("gate"), { bias: false });
    this.up = new Linear(device, width, hidden, random.fork("up"), { bias: false });
    this.down = new Linear(device, hidden, width, random.fork("down"), {
      bias: false,
      deviation: 1 / Math.sqrt(2 * layers * hidden),
    });
  }

  /**
   * @param x        [..., W] f32
   * @param residual [..., W] f32, added to the result
   * @returns [..., W] f32
   */
  forward(x: Tensor, residual?: Tensor): Tensor {
    const hidden = this.gate.forward(x, { activation: "silu", gate: this.up.forward(x) }); // [..., W] -> [..., M]
    return this.down.forward(hidden, { residual }); // [..., M] -> [..., W]
  }
}

/** x' = x + Attention(RMS(x)); y = x' + MLP(RMS(x')). */
export class DecoderLayer extends Module {
  readonly attentionNorm: RmsNorm;
  readonly attention: DecoderAttention;
  readonly mlpNorm: RmsNorm;
  readonly mlp: GatedMlp;

  constructor(device: Device, config: LmConfig, random: Random) {
    super();
    this.attentionNorm = new RmsNorm(device, config.width);
    this.attention = new DecoderAttention(device, config, random.fork("attention"));
    this.mlpNorm = new RmsNorm(device, config.width);
    this.mlp = new GatedMlp(device, config, random.fork("mlp"));
  }

  /**
   * @param x      [B, T, W] f32
   * @param prefix the first tokens, which all tokens see
   * @returns [B, T, W] f32
   */
  forward(x: Tensor, prefix: number): Tensor {
    const attended = this.attention.forward(this.attentionNorm.forward(x), prefix, x);
    return this.mlp.forward(this.mlpNorm.forward(attended), attended);
  }
}
