/** @file CLIP's text encoder. */

import {
  add,
  argmax,
  broadcastTo,
  cast,
  type Device,
  Embedding,
  equal,
  full,
  gather,
  LayerNorm,
  Module,
  type Random,
  reshape,
  ShapeError,
  showShape,
  slice,
  type Tensor,
  truncatedNormal,
} from "@candor/tensor-core";
import { runBlock } from "../layers/runBlock.ts";
import { TransformerBlock } from "../layers/transformerBlock.ts";
import type { ClipTextConfig } from "./clipConfig.ts";

// B batch, T tokens, W width

/** What the text encoder says about texts. */
export interface TextFeatures {
  /** Every token after the last block, before the final norm: [B, T, W]. */
  readonly tokens: Tensor;
  /** The token that ends each text, after the final norm: [B, W]. */
  readonly pooled: Tensor;
}

/** A causal transformer that is read at the end of the text. Radford et al. 2021, arXiv:2103.00020, section 2.4. */
export class ClipText extends Module {
  readonly config: ClipTextConfig;
  readonly tokens: Embedding;
  /** [maxTokens, W] */
  readonly positions: Tensor;
  readonly blocks: readonly TransformerBlock[];
  readonly finalNorm: LayerNorm;

  constructor(device: Device, config: ClipTextConfig, random: Random) {
    super();
    const { vocabularySize, maxTokens, width, layers, normEps: eps = 1e-5 } = config;
    this.config = config;
    this.tokens = new Embedding(device, vocabularySize, width, random.fork("tokens"));
    this.positions = truncatedNormal(device, [maxTokens, width], random.fork("positions"), 0.01);
    this.blocks = Array.from(
      { length: layers },
      (_, i) => new TransformerBlock(device, { ...config, causal: true }, random.fork(`block${i}`)),
    );
    this.finalNorm = new LayerNorm(device, width, { eps });
  }

  /**
   * @param ids [B, T] i32, T up to the model's longest; what follows the end token has no effect
   * @throws ShapeError if the texts are too long, or no list of lists
   */
  forward(ids: Tensor): TextFeatures {
    const { maxTokens, width } = this.config;
    const [batch = 0, length = 0] = ids.shape;
    if (ids.rank !== 2 || length < 1 || length > maxTokens) {
      throw new ShapeError(
        `[clipText] ids must be [B, T] with T up to ${maxTokens}, got ${showShape(ids.shape)}: cut the texts`,
      );
    }
    let x = add(this.tokens.forward(ids), slice(this.positions, 0, 0, length)); // [B, T] -> [B, T, W]
    for (const block of this.blocks) {
      x = runBlock(block, x, (y) => block.forward(y)); // [B, T, W]
    }
    const at = broadcastTo(reshape(this.#ends(ids), [batch, 1, 1]), [batch, 1, width]);
    const last = reshape(gather(x, at, 1), [batch, width]); // [B, T, W] -> [B, W]
    return { tokens: x, pooled: this.finalNorm.forward(last) };
  }

  /** The place where each text ends, [B] i32; the first of equal ones. */
  #ends(ids: Tensor): Tensor {
    const { endId } = this.config;
    if (endId === undefined) return argmax(cast(ids, "f32"));
    return argmax(equal(ids, full(ids.device, ids.shape, endId, "i32")));
  }
}
