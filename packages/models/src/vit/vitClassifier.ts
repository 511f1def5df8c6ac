/** @file A vision transformer with the heads of image classification. */

import { add, type Device, Linear, Module, type Random, scale, type Tensor } from "@candor/tensor-core";
import { linearCount } from "../layers/parameterCounts.ts";
import { Vit } from "./vit.ts";
import { type VitConfig, vitParameterCount } from "./vitConfig.ts";

// B batch, S image side, D width, K classes

/** Logits of the heads. */
export interface ClassLogits {
  /** Of the CLS token: [B, K]. */
  readonly logits: Tensor;
  /** Of the distillation token, where there is one: [B, K]. */
  readonly distilled?: Tensor;
}

/** Dosovitskiy et al. 2021, arXiv:2010.11929; with a distillation token, Touvron et al. 2021, arXiv:2012.12877. */
export class VitClassifier extends Module {
  readonly vit: Vit;
  readonly head: Linear;
  /** Present with a distillation token. */
  readonly distilledHead?: Linear;

  constructor(device: Device, config: VitConfig, classes: number, random: Random) {
    super();
    this.vit = new Vit(device, config, random.fork("vit"));
    this.head = new Linear(device, config.width, classes, random.fork("head"));
    if (config.distillationToken) {
      this.distilledHead = new Linear(device, config.width, classes, random.fork("distilledHead"));
    }
  }

  /**
   * The logits of each head, as training needs them.
   *
   * @param images [B, 3, S, S] f32
   */
  forward(images: Tensor): ClassLogits {
    const { pooled, distilled } = this.vit.forward(images);
    const logits = this.head.forward(pooled); // [B, D] -> [B, K]
    if (!distilled || !this.distilledHead) return { logits };
    return { logits, distilled: this.distilledHead.forward(distilled) };
  }

  /** The mean of the heads, which predicts: images [B, 3, S, S] -> [B, K]. Touvron et al. 2021, section 4. */
  classify(images: Tensor): Tensor {
    const { logits, distilled } = this.forward(images);
    return distilled ? scale(add(logits, distilled), 0.5) : logits;
  }
}

/** Number of parameters of a {@link VitClassifier}, by formula. */
export function vitClassifierParameterCount(config: VitConfig, classes: number): number {
  const heads = config.distillationToken ? 2 : 1;
  return vitParameterCount(config) + heads * linearCount(config.width, classes);
}
