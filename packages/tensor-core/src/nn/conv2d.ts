/** @file Convolution with its parameters. */

import { conv2d, type Conv2dOptions } from "../ops/conv/conv2d.ts";
import type { Pair } from "../ops/conv/unfold.ts";
import { zeros } from "../tensor/create.ts";
import type { Device } from "../tensor/device.ts";
import type { Random } from "../tensor/random.ts";
import { ShapeError } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { kaimingUniform } from "./initialize.ts";
import { Module } from "./module.ts";

export interface Conv2dLayerOptions extends Omit<Conv2dOptions, "bias"> {
  /** Add a bias; default true. */
  readonly bias?: boolean;
}

/** {@link conv2d} with a weight [outputs, inputs / groups, height, width], as PyTorch stores it. */
export class Conv2d extends Module {
  readonly weight: Tensor;
  /** [outputs] f32 */
  readonly bias?: Tensor;
  readonly options: Conv2dLayerOptions;

  /** @throws ShapeError if the groups do not divide the channels */
  constructor(
    device: Device,
    inputs: number,
    outputs: number,
    kernel: Pair,
    random: Random,
    options: Conv2dLayerOptions = {},
  ) {
    super();
    const [height, width] = typeof kernel === "number" ? [kernel, kernel] : kernel;
    const { groups = 1 } = options;
    if (!(Number.isInteger(groups) && groups > 0 && inputs % groups === 0 && outputs % groups === 0)) {
      throw new ShapeError(
        `[Conv2d] groups must be a whole number that divides ${inputs} inputs and ${outputs} outputs, got ${groups}`,
      );
    }
    // A slope of sqrt(5) gives PyTorch's bound, 1 / sqrt(fan in).
    this.weight = kaimingUniform(device, [outputs, inputs / groups, height, width], random, Math.sqrt(5));
    if (options.bias ?? true) this.bias = zeros(device, [outputs]);
    this.options = options;
  }

  /** [B, inputs, H, W] -> [B, outputs, rows, columns] */
  forward(x: Tensor): Tensor {
    return conv2d(x, this.weight, { ...this.options, bias: this.bias });
  }
}
