/** @file One layer of the LLaMA-style decoder. */

import {
  appendKeyValue,
  attention,
  attentionDecode,
  cast,
  type Device,
  type KeyValueCache,
  Linear,
  Module,
  type Random,
  reshape,
  RmsNorm,
  rotaryEmbedding,
  type RotaryOptions,
  type Tensor,
} from "@candor/tensor-core";
import { headWidthOf, type LmConfig } from "./lmConfig.ts";

// B batch, T tokens, W width, H query heads, G key and value heads, E width of a head, M hidden units

/** Where new tokens stand behind those of a cache, for each batch item; read when the kernels run. */
export interface DecodePosition {
  /** [B] i32, tokens before the first new one. */
  readonly positions: Tensor;
  /** [B] i32, tokens with the new ones. */
  readonly lengths: Tensor;
}

/** Grouped-query attention with rotary positions. Touvron et al. 2023; Ainslie et al. 2023, arXiv:2305.13245. */
export class DecoderAttention extends Module {
  readonly config: LmConfig;
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly output: Linear;

  constructor(device: Device, config: LmConfig, random: Random) {
    super();
    const { width, heads, kvHeads, layers, attentionBias = "none" } = config;
    const [queryWidth, kvWidth] = [headWidthOf(config) * heads, headWidthOf(config) * kvHeads];
    const bias = attentionBias !== "none";
    this.config = config;
    this.query = new Linear(device, width, queryWidth, random.fork("query"), { bias });
    this.key = new Linear(device, width, kvWidth, random.fork("key"), { bias });
    this.value = new Linear(device, width, kvWidth, random.fork("value"), { bias });
    this.output = new Linear(device, queryWidth, width, random.fork("output"), {
      bias: attentionBias === "all",
      deviation: 1 / Math.sqrt(2 * layers * width),
    });
  }

  /**
   * @param x        [B, T, W] f32
   * @param prefix   the first tokens, which all tokens see
   * @param residual [B, T, W] f32, added to the result
   * @param cache    takes the keys and values, from its first row on
   * @returns [B, T, W] f32
   */
  forward(x: Tensor, prefix: number, residual?: Tensor, cache?: KeyValueCache): Tensor {
    const { q, k, v } = this.#project(x, cache ? { positions: cache.keys.shape[1] ?? 0 } : {});
    if (cache) keep(cache, k, v, 0);
    return this.#join(attention(q, k, v, { mask: "prefixCausal", prefix }), residual);
  }

  /**
   * Attention of new tokens over those of a cache, which takes them too. There is no gradient.
   *
   * @param x        [B, T, W] f32
   * @param residual [B, T, W] f32, added to the result
   * @returns [B, T, W] f32
   */
  decode(x: Tensor, at: DecodePosition, cache: KeyValueCache, residual?: Tensor): Tensor {
    const { q, k, v } = this.#project(x, { offset: at.positions, positions: cache.keys.shape[1] ?? 0 });
    keep(cache, k, v, at.positions);
    const y = attentionDecode(cast(q, cache.keys.dtype), cache, at.lengths); // [B, T, H, E]
    return this.#join(cast(y, "f32"), residual);
  }

  #project(x: Tensor, where: RotaryOptions): { q: Tensor; k: Tensor; v: Tensor } {
    const { heads, kvHeads, ropeBase, ropeScaling } = this.config;
    const rotary = { ...where, base: ropeBase, scaling: ropeScaling };
    return {
      q: rotaryEmbedding(splitHeads(this.query.forward(x), heads), rotary), // [B, T, H, E]
      k: rotaryEmbedding(splitHeads(this.key.forward(x), kvHeads), rotary), // [B, T, G, E]
      v: splitHeads(this.value.forward(x), kvHeads), // [B, T, G, E]
    };
  }

  #join(y: Tensor, residual?: Tensor): Tensor {
    return this.output.forward(reshape(y, [...y.shape.slice(0, 2), -1]), { residual }); // [B, T, H * E] -> [B, T, W]
  }
}

/** Puts keys and values [B, T, G, E] f32 into a cache, in its dtype. */
function keep(cache: KeyValueCache, k: Tensor, v: Tensor, position: number | Tensor): void {
  appendKeyValue(cache, cast(k, cache.keys.dtype), cast(v, cache.values.dtype), position);
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
    const norm = () => new RmsNorm(device, config.width, normOptions(config));
    this.attentionNorm = norm();
    this.attention = new DecoderAttention(device, config, random.fork("attention"));
    this.mlpNorm = norm();
    this.mlp = new GatedMlp(device, config, random.fork("mlp"));
  }

  /**
   * @param x      [B, T, W] f32
   * @param prefix the first tokens, which all tokens see
   * @param cache  takes the keys and values, from its first row on
   * @returns [B, T, W] f32
   */
  forward(x: Tensor, prefix: number, cache?: KeyValueCache): Tensor {
    return this.#mix(this.attention.forward(this.attentionNorm.forward(x), prefix, x, cache));
  }

  /** Continues a cache: x [B, T, W] f32 -> [B, T, W] f32. */
  decode(x: Tensor, at: DecodePosition, cache: KeyValueCache): Tensor {
    return this.#mix(this.attention.decode(this.attentionNorm.forward(x), at, cache, x));
  }

  #mix(attended: Tensor): Tensor {
    return this.mlp.forward(this.mlpNorm.forward(attended), attended);
  }
}

/** Options of every norm of the model. */
export function normOptions({ normEpsilon }: LmConfig): { eps?: number } {
  return normEpsilon === undefined ? {} : { eps: normEpsilon };
}
