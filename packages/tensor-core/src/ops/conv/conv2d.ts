/** @file Convolution and pooling of images, by windows. */

import { type Shape, ShapeError, showShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { add } from "../elementwise/binary.ts";
import { broadcastTo } from "../layout/broadcastTo.ts";
import { cast } from "../layout/cast.ts";
import { concat } from "../layout/concat.ts";
import { reshape } from "../layout/reshape.ts";
import { slice } from "../layout/slice.ts";
import { matmul } from "../matmul/matmul.ts";
import { max } from "../reduce/extremes.ts";
import { mean } from "../reduce/sum.ts";
import { type Pair, unfold, type WindowOptions, windowsOf } from "./unfold.ts";

// B batch, C channels, O output channels, G groups, K taps, L windows

export interface Conv2dOptions extends WindowOptions {
  /** [O], added to every pixel. */
  readonly bias?: Tensor | undefined;
  /** Groups of channels that do not see each other; default 1. */
  readonly groups?: number;
}

/**
 * Cross-correlation of images with a bank of filters: windows are copied out, then multiplied by one matmul.
 *
 * @param x      [B, C, H, W] f32, or f16, which is computed in f32 and rounded once
 * @param weight [O, C / groups, kernel height, kernel width] of the dtype of x, as the bias
 * @returns      [B, O, rows, columns] of the dtype of x
 * @throws ShapeError if the shapes do not fit, the groups do not divide the channels, or no window fits
 *
 * Numerics: those of matmul, depth C · taps / groups. The windows take taps times the memory of x. Gradients: x, weight,
 * bias.
 */
export function conv2d(x: Tensor, weight: Tensor, options: Conv2dOptions = {}): Tensor {
  if (x.dtype === "f16") return inSingle(x, weight, options);
  const { groups = 1, bias } = options;
  const [outputs = 0, depth = 0, kernelHeight = 1, kernelWidth = 1] = weight.shape;
  const [batch = 0] = x.shape;
  checkConv(x, weight, groups, bias);
  const { rows, columns } = windowsOf("conv2d", x, [kernelHeight, kernelWidth], options);
  const windowBytes = 4 * (x.shape[1] ?? 0) * kernelHeight * kernelWidth * rows * columns;
  const most = Math.max(1, Math.floor(x.device.maxBindingBytes / Math.max(1, windowBytes)));
  if (batch > most) return inBatches(x, weight, options, most);
  const windows = unfold(x, [kernelHeight, kernelWidth], options); // [B, C, K, L]
  const taps = depth * kernelHeight * kernelWidth;
  const product = (w: Shape, cols: Shape) =>
    matmul(groups === 1 ? reshape(weight, w) : spread(weight, w, batch), reshape(windows, cols));
  const y =
    groups === 1
      ? product([outputs, taps], [batch, taps, rows * columns]) // [B, O, L]
      : product([groups, outputs / groups, taps], [batch, groups, taps, rows * columns]); // [B, G, O/G, L]
  const flat = reshape(y, [batch, outputs, rows * columns]);
  const shifted = bias ? add(flat, reshape(bias, [outputs, 1])) : flat;
  return reshape(shifted, [batch, outputs, rows, columns]);
}

/** As many images at a time as have windows that the device binds at once. */
function inBatches(x: Tensor, weight: Tensor, options: Conv2dOptions, most: number): Tensor {
  const [batch = 0] = x.shape;
  const parts: Tensor[] = [];
  for (let start = 0; start < batch; start += most) {
    parts.push(conv2d(slice(x, 0, start, Math.min(batch, start + most)), weight, options));
  }
  return concat(parts, 0);
}

/** f16 is storage: windows and products are f32. @throws ShapeError unless all are f16 */
function inSingle(x: Tensor, weight: Tensor, { bias, ...options }: Conv2dOptions): Tensor {
  for (const [name, t] of [
    ["weight", weight],
    ["bias", bias],
  ] as const) {
    if (t && t.dtype !== "f16")
      throw new ShapeError(`[conv2d] ${name} must be f16 as x, got ${t.dtype}: cast one`);
  }
  const wide = conv2d(cast(x, "f32"), cast(weight, "f32"), { ...options, bias: bias && cast(bias, "f32") });
  return cast(wide, "f16");
}

/** One copy of the weight for each image: matmul's batches are equal. */
function spread(weight: Tensor, shape: Shape, batch: number): Tensor {
  return broadcastTo(reshape(weight, [1, ...shape]), [batch, ...shape]);
}

function checkConv(x: Tensor, weight: Tensor, groups: number, bias: Tensor | undefined): void {
  const [outputs = 0, depth = 0] = weight.shape;
  const channels = x.shape[1] ?? 0;
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0 || outputs % groups !== 0) {
    throw new ShapeError(`[conv2d] ${groups} groups do not divide ${channels} channels into ${outputs}`);
  }
  if (weight.rank !== 4 || depth !== channels / groups) {
    throw new ShapeError(
      `[conv2d] weight must be [O, ${channels / groups}, height, width] for x ${showShape(x.shape)}, ` +
        `got ${showShape(weight.shape)}`,
    );
  }
  if (bias && showShape(bias.shape) !== showShape([outputs])) {
    throw new ShapeError(`[conv2d] bias must be [${outputs}], got ${showShape(bias.shape)}`);
  }
}

export interface PoolOptions {
  /** Pixels from a window to the next; default the size of a window. */
  readonly stride?: Pair;
}

/**
 * The largest pixel of each window.
 *
 * @param x [B, C, H, W] f32 or f16
 * @returns [B, C, rows, columns] of the dtype of x
 * @throws ShapeError if no window fits
 *
 * Gradients: x; equal pixels share it.
 */
export function maxPool2d(x: Tensor, size: Pair, options: PoolOptions = {}): Tensor {
  return pool("maxPool2d", x, size, options, (windows) => max(windows, 2));
}

/** The mean of each window; otherwise as {@link maxPool2d}. */
export function avgPool2d(x: Tensor, size: Pair, options: PoolOptions = {}): Tensor {
  return pool("avgPool2d", x, size, options, (windows) => mean(windows, 2));
}

function pool(
  op: string,
  x: Tensor,
  size: Pair,
  { stride = size }: PoolOptions,
  reduce: (windows: Tensor) => Tensor,
): Tensor {
  if (x.dtype === "f16") return cast(pool(op, cast(x, "f32"), size, { stride }, reduce), "f16");
  const { rows, columns } = windowsOf(op, x, size, { stride });
  const y = reduce(unfold(x, size, { stride })); // [B, C, K, L] -> [B, C, L]
  return reshape(y, [...x.shape.slice(0, 2), rows, columns]);
}
