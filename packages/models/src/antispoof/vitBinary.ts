/** @file The baseline: a vision transformer with a binary head. */

import { type Device, Linear, Module, type Random, type Tensor } from "@candor/tensor-core";
import type { VitBinaryConfig } from "../config.ts";
import { Vit } from "../vit/vit.ts";
import type { PretrainedParts } from "./ifas.ts";
import type { Judge } from "./judge.ts";

// B batch, S image side, D width

/** Logits of live and spoof from the last CLS token. */
export class VitBinary extends Module implements Judge {
  readonly config: VitBinaryConfig;
  readonly vit: Vit;
  readonly head: Linear;

  constructor(device: Device, config: VitBinaryConfig, random: Random, parts: PretrainedParts = {}) {
    super();
    this.config = config;
    this.vit = parts.vit ?? new Vit(device, config.vit, random.fork("vit"));
    this.head = new Linear(device, config.vit.width, 2, random.fork("head"));
  }

  /**
   * @param images [B, 3, S, S] f32, normalised as in training
   * @returns [B, 2] f32, the logits of live and of spoof
   */
  judgmentLogits(images: Tensor): Tensor {
    return this.head.forward(this.vit.forward(images).pooled); // [B, 3, S, S] -> [B, D] -> [B, 2]
  }
}
