/** @file The language model: a decoder of the LLaMA family over embeddings, so that image tokens may stand before text. */

import {
  cast,
  type Device,
  Embedding,
  embedding,
  freeAfter,
  type KeyValueCache,
  Linear,
  matmul,
  Module,
  type Random,
  RmsNorm,
  type Tensor,
} from "@candor/tensor-core";
import { runBlock } from "../layers/runBlock.ts";
import { DecoderLayer, type DecodePosition, normOptions } from "./decoderLayer.ts";
import type { LmCache } from "./lmCache.ts";
import type { LmConfig } from "./lmConfig.ts";

// B batch, T tokens, W width, V vocabulary

/** Touvron et al. 2023, "LLaMA: open and efficient foundation language models", arXiv:2302.13971. */
export class Lm extends Module {
  readonly config: LmConfig;
  readonly tokens: Embedding;
  readonly layers: readonly DecoderLayer[];
  readonly finalNorm: RmsNorm;
  /** Absent where the head is tied. */
  readonly head?: Linear;

  constructor(device: Device, config: LmConfig, random: Random) {
    super();
    const { vocabularySize, width, layers } = config;
    this.config = config;
    this.tokens = new Embedding(device, vocabularySize, width, random.fork("tokens"));
    this.layers = Array.from(
      { length: layers },
      (_, i) => new DecoderLayer(device, config, random.fork(`layer${i}`)),
    );
    this.finalNorm = new RmsNorm(device, width, normOptions(config));
    if (!config.tiedHead) {
      this.head = new Linear(device, width, vocabularySize, random.fork("head"), { bias: false });
    }
  }

  /** [V, W], the weight of the head. */
  get headWeight(): Tensor {
    return this.head?.weight ?? this.tokens.weight;
  }

  /**
   * @param ids [B, T] i32
   * @returns [B, T, W] f32
   */
  embed(ids: Tensor): Tensor {
    return cast(this.tokens.forward(ids), "f32");
  }

  /**
   * @param x      [B, T, W] f32, embeddings of any origin
   * @param prefix the first tokens, which see each other and which all tokens see; the rest is causal
   * @param cache  empty; takes the keys and values of all tokens, so that {@link decodeEmbeddings} can go on
   * @returns [B, T, W] f32, before the final norm
   */
  forwardEmbeddings(x: Tensor, prefix: number, cache?: LmCache): Tensor {
    let y = x;
    for (const [i, layer] of this.layers.entries()) {
      y = runBlock(layer, y, (z) => layer.forward(z, prefix, cache?.layers[i])); // [B, T, W]
    }
    return y;
  }

  /**
   * The embeddings, and what each layer makes of them: the states before the final norm.
   *
   * @param x      [B, T, W] f32
   * @param prefix as in {@link forwardEmbeddings}
   * @returns one more than there are layers, [B, T, W] f32 each
   */
  hiddenStates(x: Tensor, prefix: number): Tensor[] {
    const states = [x];
    for (const layer of this.layers) {
      const input = states.at(-1) as Tensor;
      states.push(freeAfter(x.device, () => layer.forward(input, prefix)));
    }
    return states;
  }

  /**
   * New tokens behind those of a cache, which takes them too. There is no gradient.
   *
   * @param x  [B, T, W] f32, embeddings
   * @param at where they stand
   * @returns [B, T, W] f32, before the final norm
   */
  decodeEmbeddings(x: Tensor, at: DecodePosition, cache: LmCache): Tensor {
    let y = x;
    for (const [i, layer] of this.layers.entries()) {
      y = freeAfter(y.device, () => layer.decode(y, at, cache.layers[i] as KeyValueCache)); // [B, T, W]
    }
    return y;
  }

  /**
   * The final norm and the head; give it only the positions that are needed.
   *
   * @param x [..., W] f32, of {@link forwardEmbeddings}
   * @returns [..., V] f32
   */
  logits(x: Tensor): Tensor {
    return matmul(this.finalNorm.forward(x), this.headWeight, { transposeB: true }); // [..., W] -> [..., V]
  }

  /**
   * The logits of a few tokens, without those of the whole vocabulary.
   *
   * @param x   [..., W] f32, of {@link forwardEmbeddings}
   * @param ids [K] i32
   * @returns [..., K] f32
   */
  logitsOf(x: Tensor, ids: Tensor): Tensor {
    const rows = embedding(this.headWeight, ids); // [V, W] -> [K, W]
    return matmul(this.finalNorm.forward(x), rows, { transposeB: true }); // [..., W] -> [..., K]
  }
}
