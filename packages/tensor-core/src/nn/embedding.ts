/** @file A table of vectors, one for each id. */

import { embedding } from "../ops/index/embedding.ts";
import type { Device } from "../tensor/device.ts";
import type { Random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { truncatedNormal } from "./initialize.ts";
import { Module } from "./module.ts";

export interface EmbeddingOptions {
  /** Deviation of the initial weight; default 0.02. */
  readonly deviation?: number;
}

/** Rows of a learned table, looked up by id. */
export class Embedding extends Module {
  /** [count, dim] f32 */
  readonly weight: Tensor;

  constructor(device: Device, count: number, dim: number, random: Random, options: EmbeddingOptions = {}) {
    super();
    this.weight = truncatedNormal(device, [count, dim], random, options.deviation);
  }

  /** ids [...] i32 -> [..., dim] */
  forward(ids: Tensor): Tensor {
    return embedding(this.weight, ids);
  }
}
