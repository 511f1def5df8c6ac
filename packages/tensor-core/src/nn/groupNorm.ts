/** @file Normalisation over groups of channels, with its parameters. Wu and He 2018, arXiv:1803.08494. */

import { freeAfter } from "../autograd/tape.ts";
import { add, mul, sub } from "../ops/elementwise/binary.ts";
import { addScalar, rsqrt } from "../ops/elementwise/unary.ts";
import { cast } from "../ops/layout/cast.ts";
import { inSingle } from "../ops/layout/inSingle.ts";
import { reshape } from "../ops/layout/reshape.ts";
import { variance } from "../ops/reduce/logSumExp.ts";
import { mean } from "../ops/reduce/sum.ts";
import { ones, zeros } from "../tensor/create.ts";
import type { Device } from "../tensor/device.ts";
import { isFloat } from "../tensor/dtype.ts";
import { ShapeError, showShape, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";

/** Zero mean and unit variance of each group of channels of each sample, then a scale and a shift by channel. */
export class GroupNorm extends Module {
  readonly groups: number;
  readonly eps: number;
  /** [channels] f32 */
  readonly weight: Tensor;
  /** [channels] f32 */
  readonly bias: Tensor;

  /** @throws ShapeError if the groups are no whole number that divides the channels */
  constructor(device: Device, groups: number, channels: number, options: { readonly eps?: number } = {}) {
    super();
    if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0)
      throw new ShapeError(`[GroupNorm] ${groups} groups do not divide ${channels} channels`);
    this.groups = groups;
    this.eps = options.eps ?? 1e-5;
    this.weight = ones(device, [channels]);
    this.bias = zeros(device, [channels]);
  }

  /**
   * [B, channels, ...] f32, or f16, which is computed in f32 and rounded once -> the same
   *
   * @throws ShapeError if the second axis is not that of the parameters, or x is neither f32 nor f16
   */
  forward(x: Tensor): Tensor {
    const { weight, bias } = this;
    if (x.shape[1] !== weight.size || !isFloat(x.dtype)) {
      throw new ShapeError(
        `[GroupNorm] x must be [B, ${weight.size}, ...] f32 or f16, got ${showShape(x.shape)} ${x.dtype}`,
      );
    }
    if (x.dtype === "f32") return freeAfter(x.device, () => this.#normalize(x, weight, bias));
    return inSingle(x, (wide) => this.#normalize(wide, cast(weight, "f32"), cast(bias, "f32")));
  }

  #normalize(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
    const [batch = 0, channels = 0] = x.shape;
    // Not -1: of an empty batch nothing can be inferred.
    const inner = sizeOf(x.shape.slice(2));
    const rows = reshape(x, [batch * this.groups, (channels / this.groups) * inner]); // [B G, C / G · ...]
    const centered = sub(rows, mean(rows, 1, { keepAxis: true }));
    const spread = addScalar(variance(rows, 1, { keepAxis: true, correction: 0 }), this.eps);
    const normal = reshape(mul(centered, rsqrt(spread)), [batch, channels, inner]); // [B, C, ...]
    const byChannel = (parameter: Tensor) => reshape(parameter, [channels, 1]);
    return reshape(add(mul(normal, byChannel(weight)), byChannel(bias)), x.shape);
  }
}
