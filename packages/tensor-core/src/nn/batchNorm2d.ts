/** @file Normalisation of the channels of images over a batch, with its parameters and running statistics. */

import { batchNorm } from "../ops/normalize/batchNorm.ts";
import { ones, zeros } from "../tensor/create.ts";
import type { Device } from "../tensor/device.ts";
import { ShapeError, showShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";

/** {@link batchNorm} of images: by the batch while training, by the running statistics after. */
export class BatchNorm2d extends Module {
  /** [channels] f32 */
  readonly weight: Tensor;
  /** [channels] f32 */
  readonly bias: Tensor;
  /** [channels] f32, a buffer */
  readonly runningMean: Tensor;
  /** [channels] f32, a buffer */
  readonly runningVar: Tensor;
  readonly options: { readonly momentum?: number; readonly eps?: number };
  /** Set by `setTraining`. */
  training = true;

  constructor(device: Device, channels: number, options: BatchNorm2d["options"] = {}) {
    super();
    this.weight = ones(device, [channels]);
    this.bias = zeros(device, [channels]);
    this.runningMean = zeros(device, [channels]);
    this.runningVar = ones(device, [channels]);
    this.options = options;
  }

  override bufferNames(): readonly string[] {
    return ["runningMean", "runningVar"];
  }

  /**
   * [B, channels, H, W] -> the same
   *
   * @throws ShapeError if x is no batch of images with these channels
   */
  forward(x: Tensor): Tensor {
    if (x.rank !== 4) throw new ShapeError(`[BatchNorm2d] x must be [B, C, H, W], got ${showShape(x.shape)}`);
    const { runningMean, runningVar, weight, bias, options, training } = this;
    return batchNorm(x, runningMean, runningVar, weight, bias, { ...options, training });
  }
}
