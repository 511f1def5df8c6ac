/** @file Convolution and pooling of images, by windows. */

import { freeAfter } from "../../autograd/tape.ts";
import { type Shape, ShapeError, showShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { add } from "../elementwise/binary.ts";
import { broadcastTo } from "../layout/broadcastTo.ts";
import { cast } from "../layout/cast.ts";
import { concat } from "../layout/concat.ts";
import { inSingle } from "../layout/inSingle.ts";
import { reshape } from "../layout/reshape.ts";
import { slice } from "../layout/slice.ts";
import { split } from "../layout/split.ts";
import { matmul } from "../matmul/matmul.ts";
import { max } from "../reduce/extremes.ts";
import { mean } from "../reduce/sum.ts";
import { assertImages, type Pair, unfold, type WindowOptions, type Windows, windowsOf } from "./unfold.ts";

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
 * @param weight [O, C / groups, kernel height, kernel width] of the dtype of x, as the bias; of f32 images it may be f16
 * @returns      [B, O, rows, columns] of the dtype of x
 * @throws ShapeError if shapes or dtypes do not fit, the groups do not divide the channels, or no window fits
 *
 * Numerics: those of matmul, depth C · taps / groups. The windows take taps times the memory of x. Gradients: x, weight,
 * bias.
 */
export function conv2d(x: Tensor, weight: Tensor, options: Conv2dOptions = {}): Tensor {
  checkConv(x, weight, options);
  const { bias } = options;
  if (x.dtype !== "f16") return freeAfter(x.device, () => convolve(x, weight, options));
  // f16 is storage: windows and products are f32.
  return inSingle(x, (wide) =>
    convolve(wide, cast(weight, "f32"), { ...options, bias: bias && cast(bias, "f32") }),
  );
}

function convolve(x: Tensor, weight: Tensor, options: Conv2dOptions): Tensor {
  const { groups = 1, bias } = options;
  const [outputs = 0, depth = 0, kernelHeight = 1, kernelWidth = 1] = weight.shape;
  const [batch = 0] = x.shape;
  const windowed = windowsOf("conv2d", x, [kernelHeight, kernelWidth], options);
  const { rows, columns } = windowed;
  const most = Math.max(1, itemsAtOnce(x, windowed));
  if (batch > most)
    return inBatches(x, most, (items) => freeAfter(x.device, () => convolve(items, weight, options)));
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

/** So many items of the batch at a time. */
function inBatches(x: Tensor, most: number, op: (items: Tensor) => Tensor): Tensor {
  const [batch = 0] = x.shape;
  if (batch <= most) return op(x);
  const sizes = Array.from({ length: Math.ceil(batch / most) }, (_, i) => Math.min(most, batch - i * most));
  return concat(split(x, 0, sizes).map(op), 0);
}

/** Of the items of a batch, those that the device binds at once with their windows. */
function itemsAtOnce(
  x: Tensor,
  { kernelHeight, kernelWidth, rows, columns, height, width }: Windows,
): number {
  const pixels = Math.max(height * width, kernelHeight * kernelWidth * rows * columns);
  return Math.floor(x.device.maxBindingBytes / Math.max(1, 4 * (x.shape[1] ?? 0) * pixels));
}

/** One copy of the weight for each image: matmul's batches are equal. */
function spread(weight: Tensor, shape: Shape, batch: number): Tensor {
  return broadcastTo(reshape(weight, [1, ...shape]), [batch, ...shape]);
}

function checkConv(x: Tensor, weight: Tensor, { groups = 1, bias }: Conv2dOptions): void {
  assertImages("conv2d", x, ["f32", "f16"]);
  for (const [name, t] of Object.entries({ weight, bias })) {
    const fits = t?.dtype === x.dtype || (name === "weight" && x.dtype === "f32" && t?.dtype === "f16");
    if (t && !fits)
      throw new ShapeError(`[conv2d] ${name} must be ${x.dtype} as x, got ${t.dtype}: cast one`);
  }
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
 * @throws ShapeError if x has other axes or another dtype, or no window fits
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
  assertImages(op, x, ["f32", "f16"]);
  if (x.dtype === "f16") return inSingle(x, (wide) => pool(op, wide, size, { stride }, reduce));
  const windowed = windowsOf(op, x, size, { stride });
  const { rows, columns } = windowed;
  const [batch = 0, channels = 0, height = 0, width = 0] = x.shape;
  const count = batch * channels;
  // [N, 1, K, L] -> [N, 1, L]
  const poolAll = (some: Tensor) => freeAfter(x.device, () => reduce(unfold(some, size, { stride })));
  return freeAfter(x.device, () => {
    const planes = reshape(x, [count, 1, height, width]);
    const most = itemsAtOnce(planes, windowed);
    const y =
      most === 0
        ? inBatches(planes, 1, (plane) => inStrips(plane, windowed, poolAll))
        : inBatches(planes, most, poolAll);
    return reshape(y, [batch, channels, rows, columns]);
  });
}

/**
 * Rows of windows of one plane, as many at a time as the device binds at once. Where windows overlap, the gradient of a
 * pixel that lies in two strips is the sum of theirs.
 */
function inStrips(plane: Tensor, windows: Windows, op: (strip: Tensor) => Tensor): Tensor {
  const { kernelHeight, kernelWidth, strideY, rows, columns, width } = windows;
  const pixels = Math.max(kernelHeight * kernelWidth * columns, Math.max(kernelHeight, strideY) * width);
  const most = Math.max(1, Math.floor(plane.device.maxBindingBytes / 4 / pixels));
  const strips: Tensor[] = [];
  for (let start = 0; start < rows; start += most) {
    const last = Math.min(rows, start + most) - 1;
    strips.push(op(slice(plane, 2, start * strideY, last * strideY + kernelHeight)));
  }
  return concat(strips, 2);
}
