/** @file FLIP-V: CLIP's vision encoder with a normalised head. */

import {
  clamp,
  type Device,
  div,
  Linear,
  matmul,
  Module,
  mul,
  type Random,
  relu,
  scale,
  sqrt,
  square,
  sum,
  type Tensor,
  truncatedNormal,
} from "@candor/tensor-core";
import type { PretrainedParts } from "../antispoof/ifas.ts";
import type { Judge } from "../antispoof/judge.ts";
import { Vit } from "../vit/vit.ts";
import type { FlipVConfig } from "./flipConfig.ts";

// B batch, S image side, D width, H hidden units

/** Smallest norm that is divided by, as in the published code. */
const least = 1e-12;

/**
 * CLS after the final norm -> ReLU(W x + b) -> f / sqrt(2 |f|) -> two classes with weights of unit length across the
 * classes. FLIP, arXiv:2309.16649; the head is SSDG's.
 */
export class FlipV extends Module implements Judge {
  readonly config: FlipVConfig;
  readonly vit: Vit;
  readonly bottleneck: Linear;
  /** [2, H], of live and spoof. */
  readonly classes: Tensor;

  constructor(device: Device, config: FlipVConfig, random: Random, parts: PretrainedParts = {}) {
    super();
    const { vit, hidden } = config;
    this.config = config;
    this.vit = parts.vit ?? new Vit(device, vit, random.fork("vit"));
    this.bottleneck = new Linear(device, vit.width, hidden, random.fork("bottleneck"), { deviation: 0.005 });
    this.bottleneck.bias?.write(new Float32Array(hidden).fill(0.1));
    this.classes = truncatedNormal(device, [2, hidden], random.fork("classes"), 1 / Math.sqrt(hidden));
  }

  /**
   * @param images [B, 3, S, S] f32, normalised by ImageNet's statistics, as published
   * @param kept   [B, H] f32, dropout on the hidden units: 0 or 1 / (1 - rate); none by default
   * @returns [B, 2] f32, the logits of live and of spoof
   */
  judgmentLogits(images: Tensor, kept?: Tensor): Tensor {
    const hidden = relu(this.bottleneck.forward(this.vit.forward(images).pooled)); // [B, D] -> [B, H]
    const dropped = kept ? mul(hidden, kept) : hidden;
    const norm = sqrt(
      clamp(sum(square(dropped), 1, { keepAxis: true }), least ** 2, Number.POSITIVE_INFINITY),
    ); // [B, 1]
    const features = div(dropped, sqrt(scale(norm, 2))); // [B, H]
    const lengths = sqrt(
      clamp(sum(square(this.classes), 0, { keepAxis: true }), least, Number.POSITIVE_INFINITY),
    ); // [1, H]
    return matmul(features, div(this.classes, lengths), { transposeB: true }); // [B, H] -> [B, 2]
  }
}
