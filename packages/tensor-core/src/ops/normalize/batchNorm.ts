/** @file Normalisation of each channel over a batch. Ioffe and Szegedy 2015, arXiv:1502.03167. */

import { defineOp, recordByRows, run } from "../../autograd/defineOp.ts";
import { zeros } from "../../tensor/create.ts";
import { isFloat } from "../../tensor/dtype.ts";
import { ShapeError, showShape, sizeOf } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import {
  batchNormBackwardParams,
  batchNormBackwardX,
  batchNormForward,
  batchNormRunning,
  batchNormStatistics,
  batchNormStatisticsJoined,
  batchNormStatisticsPart,
  type BatchNormVariant,
} from "./batchNorm.wgsl.ts";
import { assertVector } from "./rowLayout.ts";

// B batch, C channels

export interface BatchNormOptions {
  /** Normalise by the statistics of the batch and move the running ones; else by the running ones. Default false. */
  readonly training?: boolean;
  /** Share of the batch in the running statistics, 0 to 1; default 0.1. */
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
    if (x.rank < 2 || !isFloat(x.dtype)) {
      throw new ShapeError(
        `[batchNorm] x must be [B, C, ...] f32 or f16, got ${showShape(x.shape)} ${x.dtype}`,
      );
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
    return { y: { shape: x.shape, dtype: x.dtype }, mean: ofChannels, rstd: ofChannels };
  },
  forward: ({ x, runningMean, runningVar, weight, bias, y, mean, rstd }, options) => {
    const { variant, batch, channels, pixels } = layoutOf(x);
    const statistics = { mean, rstd, runningMean, runningVar };
    // A part that is computed again has moved the running ones.
    const momentum = x.device.repeating ? 0 : options.momentum;
    if (options.training) recordStatistics({ x, ...statistics }, { ...options, momentum });
    else {
      const groups = Math.ceil(channels / batchNormRunning.workgroup);
      run(batchNormRunning, statistics, { channels, eps: options.eps }, groups);
    }
    recordByRows({ x, y }, batch, (part, items) => {
      const count = items * channels * pixels;
      const tensors = { ...part, mean, rstd, weight, bias };
      run(batchNormForward(variant), tensors, { count, channels, pixels }, groupsOf(count, variant));
    });
  },
  save: ["x", "weight", "mean", "rstd"],
  gradient: ({ x, weight, mean, rstd }, dy, { training }, needs) => {
    const { device, dtype, shape } = x;
    const { variant, batch, channels, pixels } = layoutOf(x);
    // The gradient of an empty batch is zero, and has no kernel.
    if (x.size === 0)
      return {
        x: zeros(device, shape, dtype),
        weight: zeros(device, [channels]),
        bias: zeros(device, [channels]),
      };
    const adds = x.bytes > device.maxBindingBytes;
    const sumsOf = (name: string) =>
      adds ? zeros(device, [channels]) : Tensor.allocate(device, [channels], "f32", `[batchNorm] d${name}`);
    const [dweight, dbias] = [sumsOf("weight"), sumsOf("bias")];
    recordByRows({ x, dy }, batch, (part, items) => {
      const tensors = { ...part, mean, rstd, dweight, dbias };
      const each = items * pixels;
      run(batchNormBackwardParams({ ...variant, adds }), tensors, { channels, pixels, each }, channels);
    });
    let dx: Tensor | undefined;
    if (needs.has("x")) {
      dx = Tensor.allocate(device, shape, dtype, "[batchNorm] dx");
      const share = training ? 1 / (batch * pixels) : 0;
      recordByRows({ x, dy, dx }, batch, (part, items) => {
        const count = items * channels * pixels;
        const tensors = { ...part, mean, rstd, weight, dweight, dbias };
        run(
          batchNormBackwardX(variant),
          tensors,
          { count, channels, pixels, share },
          groupsOf(count, variant),
        );
      });
    }
    return { x: dx, weight: dweight, bias: dbias };
  },
});

/** What x is to the kernels: [batch, channels, pixels]. */
function layoutOf(x: Tensor) {
  const [batch = 0, channels = 0] = x.shape;
  const variant: BatchNormVariant = { dtype: x.dtype === "f16" ? "f16" : "f32" };
  return { variant, batch, channels, pixels: sizeOf(x.shape.slice(2)) };
}

/** Workgroups of the kernels that go through x element by element. */
function groupsOf(count: number, { dtype }: BatchNormVariant): number {
  return Math.ceil(count / (dtype === "f16" ? 4 * 64 : 64));
}

/** Fills mean and rstd by the batch and moves the running statistics: at once, or by items of the batch. */
function recordStatistics(
  { x, mean, ...others }: Readonly<Record<"x" | "mean" | "rstd" | "runningMean" | "runningVar", Tensor>>,
  { eps, momentum }: Required<BatchNormOptions>,
): void {
  const { variant, batch, channels, pixels } = layoutOf(x);
  const all = { channels, each: batch * pixels, eps, momentum };
  if (x.bytes <= x.device.maxBindingBytes) {
    return run(batchNormStatistics(variant), { x, mean, ...others }, { ...all, pixels }, channels);
  }
  const spread = Tensor.allocate(x.device, mean.shape, "f32", "[batchNorm] squares");
  recordByRows({ x }, batch, (part, items, start) => {
    const uniforms = { channels, pixels, each: items * pixels, before: start * pixels };
    run(batchNormStatisticsPart(variant), { ...part, mean, spread }, uniforms, channels);
  });
  const { workgroup } = batchNormStatisticsJoined;
  run(batchNormStatisticsJoined, { mean, spread, ...others }, all, Math.ceil(channels / workgroup));
  spread.dispose();
}

/**
 * Normalises each channel, then scales and shifts it:
 *
 *     y = (x - mean) rstd weight + bias,   rstd = 1 / sqrt(var + eps)
 *
 * In training, mean and variance are those of the batch, and the running ones move towards them in place, the variance
 * with n - 1 for n; else they are the running ones, and nothing is written. A block that `checkpoint` computes again moves
 * them once.
 *
 * @param x           [B, C, ...] f32 or f16
 * @param runningMean [C] f32
 * @param runningVar  [C] f32
 * @param weight      [C] f32
 * @param bias        [C] f32
 * @returns           the shape and dtype of x
 * @throws ShapeError if a vector is not [C], x has no channels, or a batch to train on has one value a channel
 * @throws RangeError if momentum is not 0 to 1
 *
 * Numerics: two passes over a channel, mean first; depth of its sums n / 64 + 6. One workgroup a channel. Where the device
 * does not bind x at once, the moments of some items of the batch are joined with those of the items before, in their
 * order. f16 is widened as it is read: all sums are f32. Gradients: x, in its dtype; weight; bias.
 */
export function batchNorm(
  x: Tensor,
  runningMean: Tensor,
  runningVar: Tensor,
  weight: Tensor,
  bias: Tensor,
  options: BatchNormOptions = {},
): Tensor {
  const { training = false, momentum = 0.1, eps = 1e-5 } = options;
  if (!(momentum >= 0 && momentum <= 1)) {
    throw new RangeError(`[batchNorm] momentum must be 0 to 1, the share of the batch, got ${momentum}`);
  }
  return batchNormOp({ x, runningMean, runningVar, weight, bias }, { training, momentum, eps });
}
