/** @file CLIP: images and texts in one space. */

import {
  type Device,
  exp,
  Linear,
  matmul,
  Module,
  mul,
  normalize,
  type Random,
  tensor,
  type Tensor,
} from "@candor/tensor-core";
import { Vit } from "../vit/vit.ts";
import type { ClipConfig } from "./clipConfig.ts";
import { ClipText } from "./clipText.ts";

// B images, K texts, S image side, T tokens, E width of the shared space

/** Radford et al. 2021, "Learning transferable visual models from natural language supervision", arXiv:2103.00020. */
export class Clip extends Module {
  readonly config: ClipConfig;
  readonly vit: Vit;
  readonly text: ClipText;
  readonly visualProjection: Linear;
  readonly textProjection: Linear;
  /** [], the logarithm of the factor of the cosines. */
  readonly logitScale: Tensor;

  constructor(device: Device, config: ClipConfig, random: Random) {
    super();
    const { vit, text, embeddingWidth } = config;
    this.config = config;
    this.vit = new Vit(device, vit, random.fork("vit"));
    this.text = new ClipText(device, text, random.fork("text"));
    const plain = { bias: false };
    this.visualProjection = new Linear(device, vit.width, embeddingWidth, random.fork("visual"), plain);
    this.textProjection = new Linear(device, text.width, embeddingWidth, random.fork("textual"), plain);
    // Section 2.5: the factor starts at 1 / 0.07.
    this.logitScale = tensor(device, [Math.log(1 / 0.07)], []);
  }

  /**
   * @param images [B, 3, S, S] f32, normalised by the statistics that the model was trained with
   * @returns [B, E] of length 1
   */
  embedImages(images: Tensor): Tensor {
    return normalize(this.visualProjection.forward(this.vit.forward(images).pooled)); // [B, D] -> [B, E]
  }

  /**
   * @param ids [K, T] i32
   * @returns [K, E] of length 1
   */
  embedTexts(ids: Tensor): Tensor {
    return normalize(this.textProjection.forward(this.text.forward(ids).pooled)); // [K, W] -> [K, E]
  }

  /**
   * Scaled cosines of images and texts.
   *
   * @param images [B, E] of {@link embedImages}
   * @param texts  [K, E] of {@link embedTexts}, or means of several
   * @returns [B, K]
   */
  logits(images: Tensor, texts: Tensor): Tensor {
    return mul(matmul(images, texts, { transposeB: true }), exp(this.logitScale)); // [B, E] x [K, E] -> [B, K]
  }

  /** The logits of images [B, 3, S, S] and texts [K, T], [B, K]. */
  forward(images: Tensor, ids: Tensor): Tensor {
    return this.logits(this.embedImages(images), this.embedTexts(ids));
  }
}
