/** @file The vision transformer, with CLIP's structure and the outputs that connectors need. */

import {
  add,
  broadcastTo,
  concat,
  type Device,
  div,
  freeAfter,
  LayerNorm,
  Linear,
  Module,
  patchify,
  type Random,
  reshape,
  ShapeError,
  showShape,
  slice,
  split,
  sum,
  type Tensor,
  truncatedNormal,
} from "@candor/tensor-core";
import { runBlock } from "../layers/runBlock.ts";
import { TransformerBlock } from "../layers/transformerBlock.ts";
import { patchCount, prefixCount, type VitConfig } from "./vitConfig.ts";

// B batch, S image side, P patch side, N = (S / P)² patches, D width, F = 1 or 2 tokens before the patches

/** What the vision transformer says about images. */
export interface VisionFeatures {
  /** The CLS token after every layer, first layer first, before the final norm: [B, D] each. */
  readonly classTokens: readonly Tensor[];
  /** X_V, the patch tokens after the last layer, before the final norm unless `patchNorm` is set: [B, N, D]. */
  readonly patchTokens: Tensor;
  /** The last CLS token after the final norm: [B, D]. */
  readonly pooled: Tensor;
  /** The last distillation token after the final norm, where there is one: [B, D]. */
  readonly distilled?: Tensor;
}

/**
 * Dosovitskiy et al. 2021, "An image is worth 16x16 words", arXiv:2010.11929. The configuration makes it CLIP's (Radford
 * et al. 2021, arXiv:2103.00020) or DeiT's (Touvron et al. 2021, arXiv:2012.12877).
 */
export class Vit extends Module {
  readonly config: VitConfig;
  readonly patchEmbedding: Linear;
  /** [D] */
  readonly classToken: Tensor;
  /** [D], of distilled DeiT. */
  readonly distillationToken?: Tensor;
  /** [F + N, D] */
  readonly positions: Tensor;
  /** Before the blocks, in CLIP. */
  readonly embeddingNorm?: LayerNorm;
  readonly blocks: readonly TransformerBlock[];
  /** Acts on the CLS token, and on the other tokens where the configuration says so. */
  readonly finalNorm: LayerNorm;

  constructor(device: Device, config: VitConfig, random: Random) {
    super();
    const { patchSize, width, layers, patchBias = false, normEps: eps = 1e-5 } = config;
    this.config = config;
    this.patchEmbedding = new Linear(device, 3 * patchSize ** 2, width, random.fork("patchEmbedding"), {
      bias: patchBias,
    });
    this.classToken = truncatedNormal(device, [width], random.fork("classToken"));
    if (config.distillationToken) {
      this.distillationToken = truncatedNormal(device, [width], random.fork("distillationToken"));
    }
    const tokens = prefixCount(config) + patchCount(config);
    this.positions = truncatedNormal(device, [tokens, width], random.fork("positions"));
    if (config.embeddingNorm) this.embeddingNorm = new LayerNorm(device, width, { eps });
    this.blocks = Array.from(
      { length: layers },
      (_, i) => new TransformerBlock(device, config, random.fork(`block${i}`)),
    );
    this.finalNorm = new LayerNorm(device, width, { eps });
  }

  /**
   * @param images [B, 3, S, S] f32, normalised by the statistics of the training data
   * @throws ShapeError if the images have another size
   */
  forward(images: Tensor): VisionFeatures {
    const first = this.#embed(images);
    const [batch = 0, , width = 0] = first.shape;
    let x = first;
    const tokens: Tensor[] = [];
    for (const block of this.blocks) {
      if (x !== first) tokens.push(slice(x, 1, 0, 1)); // [B, 1, D]
      x = runBlock(block, x, (y) => block.forward(y)); // [B, F + N, D]
    }
    // Cut once, so that the gradients of all parts are written once.
    const prefix = Array<number>(prefixCount(this.config)).fill(1);
    const parts = split(x, 1, [...prefix, patchCount(this.config)]); // [B, 1, D] each, [B, N, D]
    const [last, patchTokens] = [parts[0] as Tensor, parts.at(-1) as Tensor];
    const single = (token: Tensor) => reshape(token, [batch, width]); // [B, 1, D] -> [B, D]
    const classTokens = [...tokens, last].map(single);
    return {
      classTokens,
      patchTokens: this.config.patchNorm ? this.finalNorm.forward(patchTokens) : patchTokens,
      pooled: this.finalNorm.forward(classTokens.at(-1) as Tensor),
      ...(this.distillationToken ? { distilled: this.finalNorm.forward(single(parts[1] as Tensor)) } : {}),
    };
  }

  /**
   * Where the CLS token of the last block looks among the patches: the mean over its heads, scaled so that what it gives
   * to the patches, and not to the tokens before them, sums to 1.
   *
   * @param images [B, 3, S, S] f32
   * @returns [B, N] f32
   */
  patchAttention(images: Tensor): Tensor {
    let x = this.#embed(images);
    for (const block of this.blocks.slice(0, -1)) x = freeAfter(x.device, () => block.forward(x)); // [B, F + N, D]
    const { attentionNorm, attention } = this.blocks.at(-1) as TransformerBlock;
    const normed = attentionNorm.forward(x);
    const weights = attention.weights(slice(normed, 1, 0, 1), normed); // [B, 1, F + N]
    const tokens = weights.shape[2] ?? 0;
    const onPatches = reshape(slice(weights, 2, prefixCount(this.config), tokens), [x.shape[0] ?? 0, -1]); // [B, N]
    return div(onPatches, sum(onPatches, 1, { keepAxis: true }));
  }

  /** [B, 3, S, S] -> [B, F + N, D], the input of the first block. */
  #embed(images: Tensor): Tensor {
    const { imageSize, patchSize, width } = this.config;
    const batch = checkImages(images, imageSize);
    const patches = this.patchEmbedding.forward(patchify(images, patchSize)); // [B, 3, S, S] -> [B, N, 3PP] -> [B, N, D]
    const starts = [this.classToken, ...(this.distillationToken ? [this.distillationToken] : [])];
    const prefix = starts.map((token) => broadcastTo(token, [batch, 1, width])); // [D] -> [B, 1, D]
    const embedded = add(concat([...prefix, patches], 1), this.positions); // [B, F + N, D]
    return this.embeddingNorm?.forward(embedded) ?? embedded;
  }
}

function checkImages(images: Tensor, size: number): number {
  const [batch = 0, channels, height, width] = images.shape;
  if (images.rank !== 4 || channels !== 3 || height !== size || width !== size) {
    throw new ShapeError(
      `[vit] images must be [B, 3, ${size}, ${size}], got ${showShape(images.shape)}: resize them, or change imageSize`,
    );
  }
  return batch;
}
