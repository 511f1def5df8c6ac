/** @file Normalisation of each channel over a batch. Ioffe and Szegedy 2015, arXiv:1502.03167. */

import { defineOp, run } from "../../autograd/defineOp.ts";
import { zeros } from "../../tensor/create.ts";
import { ShapeError, showShape, sizeOf } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import {
  batchNormBackwardParams,
  batchNormBackwardX,
  batchNormForward,
  batchNormRunning,
  batchNormStatistics,
} from "./batchNorm.wgsl.ts";
import { cast } from "../layout/cast.ts";
import { assertVector } from "./rowLayout.ts";

// B batch, C channels

export interface BatchNormOptions {
  /** Normalise by the statistics of the batch and move the running ones; else by the running ones. Default false. */
  readonly training?: boolean;
  /** Share of the batch in the running statistics; default 0.1. */
  readonly momentum?: number;
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
}

interface Inputs {
  readonly [name: string]: Tensor;
  readonly x: Tensor;
  readonly runningMean: Tensor;
  readonly runningVar: Tensor;
  readonly weight: Tensor;
  readonly bias: Tensor;
}

const batchNormOp = defineOp<
  Inputs,
  "mean" | "rstd",
  Required<BatchNormOptions>,
  "x" | "weight" | "mean" | "rstd"
>({
  name: "batchNorm",
  shape: ({ x, runningMean, runningVar, weight, bias }, { training }) => {
    const [, channels = 0] = x.shape;
    if (x.rank < 2 || x.dtype !== "f32") {
      throw new ShapeError(`[batchNorm] x must be [B, C, ...] f32, got ${showShape(x.shape)} ${x.dtype}`);
    }
    for (const [name, vector] of Object.entries({ runningMean, runningVar, weight, bias })) {
      assertVector("batchNorm", name, vector, channels);
    }
    if (training && x.size === channels && channels > 0) {
      throw new ShapeError(
        `[batchNorm] ${showShape(x.shape)} has one value a channel, which has no variance: use a larger batch to train`,
      );
    }
    const ofChannels = { shape: [channels], dtype: "f32" } as const;
    return { y: { shape: x.shape, dtype: "f32" }, mean: ofChannels, rstd: ofChannels };
  },
  forward: ({ x, runningMean, runningVar, weight, bias, y, mean, rstd }, options) => {
    const { channels, pixels, each } = layoutOf(x);
    const { training, eps, momentum } = options;
    const statistics = { mean, rstd, runningMean, runningVar };
    const work = { channels, pixels };
    if (training) run(batchNormStatistics, { x, ...statistics }, { ...work, each, eps, momentum }, channels);
    else
      run(batchNormRunning, statistics, { channels, eps }, Math.ceil(channels / batchNormRunning.workgroup));
    run(
      batchNormForward,
      { x, mean, rstd, weight, bias, y },
      { count: x.size, ...work },
      Math.ceil(x.size / 64),
    );
  },
  save: ["x", "weight", "mean", "rstd"],
  gradient: ({ x, weight, mean, rstd }, dy, { training }, needs) => {
    const { channels, pixels, each } = layoutOf(x);
    const like = (t: Tensor, name: string) =>
      Tensor.allocate(x.device, t.shape, "f32", `[batchNorm] d${name}`);
    // The gradient of an empty batch is zero, and has no kernel.
    if (x.size === 0)
      return { x: like(x, "x"), weight: zeros(x.device, weight.shape), bias: zeros(x.device, weight.shape) };
    const [dweight, dbias] = [like(weight, "weight"), like(weight, "bias")];
    run(batchNormBackwardParams, { x, mean, rstd, dy, dweight, dbias }, { channels, pixels, each }, channels);
    let dx: Tensor | undefined;
    if (needs.has("x")) {
      dx = like(x, "x");
      run(
        batchNormBackwardX,
        { x, mean, rstd, weight, dy, dweight, dbias, dx },
        { count: x.size, channels, pixels, share: training ? 1 / each : 0 },
        Math.ceil(x.size / 64),
      );
    }
    return { x: dx, weight: dweight, bias: dbias };
  },
});

/** Elements of a channel: `pixels` in each sample, `each` in the batch. */
function layoutOf(x: Tensor): { channels: number; pixels: number; each: number } {
  const [batch = 0, channels = 0] = x.shape;
  const pixels = sizeOf(x.shape.slice(2));
  return { channels, pixels, each: batch * pixels };
}

/**
 * Normalises each channel, then scales and shifts it:
 *
 *     y = (x - mean) rstd weight + bias,   rstd = 1 / sqrt(var + eps)
 *
 * In training, mean and variance are those of the batch, and the running ones move towards them in place, the variance
 * with n - 1 for n; else they are the running ones, and nothing is written. Under `checkpoint`, a block that is computed
 * again moves them again.
 *
 * @param x           [B, C, ...] f32 or f16
 * @param runningMean [C] f32
 * @param runningVar  [C] f32
 * @param weight      [C] f32
 * @param bias        [C] f32
 * @returns           the shape and dtype of x
 * @throws ShapeError if a vector is not [C], x has no channels, or a batch to train on has one value a channel
 *
 * Numerics: two passes over a channel, mean first; depth of its sums n / 64 + 6. One workgroup a channel. Gradients: x,
 * weight, bias.
 */
export function batchNorm(
  x: Tensor,
  runningMean: Tensor,
  runningVar: Tensor,
  weight: Tensor,
  bias: Tensor,
  options: BatchNormOptions = {},
): Tensor {
  if (x.dtype === "f16") {
    return cast(batchNorm(cast(x, "f32"), runningMean, runningVar, weight, bias, options), "f16");
  }
  const { training = false, momentum = 0.1, eps = 1e-5 } = options;
  return batchNormOp({ x, runningMean, runningVar, weight, bias }, { training, momentum, eps });
}
