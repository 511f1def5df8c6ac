/** @file The vision transformer, with CLIP's structure and the outputs that connectors need. */

import {
  add,
  broadcastTo,
  concat,
  type Device,
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
  type Tensor,
  truncatedNormal,
} from "@candor/tensor-core";
import { VitBlock } from "./vitBlock.ts";
import { patchCount, type VitConfig } from "./vitConfig.ts";

// B batch, S image side, P patch side, N = (S / P)² patches, D width

/** What the vision transformer says about images. */
export interface VisionFeatures {
  /** The CLS token after every layer, first layer first, before the final norm: [B, D] each. */
  readonly classTokens: readonly Tensor[];
  /** X_V, the patch tokens after the last layer, before the final norm: [B, N, D]. */
  readonly patchTokens: Tensor;
  /** The last CLS token after the final norm: [B, D]. */
  readonly pooled: Tensor;
}

/** Dosovitskiy et al. 2021, "An image is worth 16x16 words", arXiv:2010.11929; patches without bias, as in CLIP. */
export class Vit extends Module {
  readonly config: VitConfig;
  readonly patchEmbedding: Linear;
  /** [D] */
  readonly classToken: Tensor;
  /** [1 + N, D] */
  readonly positions: Tensor;
  readonly blocks: readonly VitBlock[];
  /** Acts on the CLS token alone, as in CLIP. */
  readonly finalNorm: LayerNorm;

  constructor(device: Device, config: VitConfig, random: Random) {
    super();
    const { patchSize, width, layers } = config;
    this.config = config;
    this.patchEmbedding = new Linear(device, 3 * patchSize ** 2, width, random.fork("patchEmbedding"), {
      bias: false,
    });
    this.classToken = truncatedNormal(device, [width], random.fork("classToken"));
    this.positions = truncatedNormal(device, [1 + patchCount(config), width], random.fork("positions"));
    this.blocks = Array.from(
      { length: layers },
      (_, i) => new VitBlock(device, config, random.fork(`block${i}`)),
    );
    this.finalNorm = new LayerNorm(device, width);
  }

  /**
   * @param images [B, 3, S, S] f32, normalised by the statistics of the training data
   * @throws ShapeError if the images have another size
   */
  forward(images: Tensor): VisionFeatures {
    const { imageSize, patchSize, width } = this.config;
    const batch = checkImages(images, imageSize);
    const patches = this.patchEmbedding.forward(patchify(images, patchSize)); // [B, 3, S, S] -> [B, N, 3PP] -> [B, N, D]
    const start = broadcastTo(this.classToken, [batch, 1, width]); // [D] -> [B, 1, D]
    const embedded = add(concat([start, patches], 1), this.positions); // [B, 1 + N, D]
    let x = embedded;
    const tokens: Tensor[] = [];
    for (const block of this.blocks) {
      if (x !== embedded) tokens.push(slice(x, 1, 0, 1)); // [B, 1, D]
      x = block.forward(x); // [B, 1 + N, D]
    }
    // Cut once, so that the gradients of both parts are written once.
    const [last, patchTokens] = split(x, 1, [1, patches.shape[1] ?? 0]) as [Tensor, Tensor]; // [B, 1, D], [B, N, D]
    const classTokens = [...tokens, last].map((token) => reshape(token, [batch, width])); // [B, D]
    return { classTokens, patchTokens, pooled: this.finalNorm.forward(classTokens.at(-1) as Tensor) };
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
