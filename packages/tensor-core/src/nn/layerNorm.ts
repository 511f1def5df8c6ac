/** @file Layer normalisation with its parameters. */

import { layerNorm, type NormOptions } from "../ops/normalize/layerNorm.ts";
import { ones, zeros } from "../tensor/create.ts";
import type { Device } from "../tensor/device.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";

/** {@link layerNorm} over the last axis, with a weight of ones and a bias of zeros at first. */
export class LayerNorm extends Module {
  /** [dim] f32 */
  readonly weight: Tensor;
  /** [dim] f32 */
  readonly bias: Tensor;
  readonly options: NormOptions;

  constructor(device: Device, dim: number, options: NormOptions = {}) {
    super();
    this.weight = ones(device, [dim]);
    this.bias = zeros(device, [dim]);
    this.options = options;
  }

  /** [..., dim] -> [..., dim] */
  forward(x: Tensor): Tensor {
    return layerNorm(x, this.weight, this.bias, this.options);
  }
}
