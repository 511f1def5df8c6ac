/** @file Affine maps. */

import { matmul, type MatmulEpilogue } from "../ops/matmul/matmul.ts";
import { zeros } from "../tensor/create.ts";
import type { Device } from "../tensor/device.ts";
import type { Random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { truncatedNormal } from "./initialize.ts";
import { Module } from "./module.ts";

export interface LinearOptions {
  /** Add a bias; default true. */
  readonly bias?: boolean;
  /** Deviation of the initial weight; default 1 / sqrt(inputs). */
  readonly deviation?: number;
}

/** y = x Wᵀ + b, with W stored as [outputs, inputs], as PyTorch does. */
export class Linear extends Module {
  /** [outputs, inputs] f32 */
  readonly weight: Tensor;
  /** [outputs] f32 */
  readonly bias?: Tensor;

  constructor(device: Device, inputs: number, outputs: number, random: Random, options: LinearOptions = {}) {
    super();
    const { bias = true, deviation = 1 / Math.sqrt(inputs) } = options;
    this.weight = truncatedNormal(device, [outputs, inputs], random, deviation);
    if (bias) this.bias = zeros(device, [outputs]);
  }

  /**
   * activation(x Wᵀ + b) · gate + residual; activation, gate and residual are absent by default, and cost no kernel.
   *
   * @param x        [..., inputs] f32
   * @param epilogue gate and residual are [..., outputs] f32
   * @returns [..., outputs] f32
   */
  forward(x: Tensor, epilogue: MatmulEpilogue = {}): Tensor {
    return matmul(x, this.weight, { transposeB: true, bias: this.bias, ...epilogue });
  }
}
