/** @file Root-mean-square normalisation with its parameter. */

import type { NormOptions } from "../ops/normalize/layerNorm.ts";
import { rmsNorm } from "../ops/normalize/rmsNorm.ts";
import { ones } from "../tensor/create.ts";
import type { Device } from "../tensor/device.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";

/** {@link rmsNorm} over the last axis, with a weight of ones at first. */
export class RmsNorm extends Module {
  /** [dim] f32 */
  readonly weight: Tensor;
  readonly options: NormOptions;

  constructor(device: Device, dim: number, options: NormOptions = {}) {
    super();
    this.weight = ones(device, [dim]);
    this.options = options;
  }

  /** [..., dim] -> [..., dim] */
  forward(x: Tensor): Tensor {
    return rmsNorm(x, this.weight, this.options);
  }
}
