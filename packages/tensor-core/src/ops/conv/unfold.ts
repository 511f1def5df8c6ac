/** @file Sliding windows over images. */

import { defineOp, recordByRows, run } from "../../autograd/defineOp.ts";
import type { DType } from "../../tensor/dtype.ts";
import { ShapeError, showShape } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { unfoldBackward, unfoldKernel } from "./unfold.wgsl.ts";

/** One number for both axes, or [vertical, horizontal]. */
export type Pair = number | readonly [number, number];

export interface WindowOptions {
  /** Pixels from a window to the next; default 1. */
  readonly stride?: Pair;
  /** Zeros around the image; default 0. */
  readonly padding?: Pair;
  /** Pixels between taps; default 1, none left out. */
  readonly dilation?: Pair;
}

/** Uniforms of the window kernels. */
export type Windows = Readonly<Record<Exclude<keyof (typeof unfoldKernel)["uniforms"], "count">, number>>;

const unfoldOp = defineOp<{ x: Tensor }, never, Windows, "x">({
  name: "unfold",
  shape: ({ x }, w) => {
    const [batch = 0, channels = 0] = x.shape;
    return {
      y: { shape: [batch, channels, w.kernelHeight * w.kernelWidth, w.rows * w.columns], dtype: "f32" },
    };
  },
  forward: ({ x, y }, windows) =>
    recordByRows({ x, y }, planesOf(x), (part) => {
      const count = part.y.size;
      run(unfoldKernel, part, { count, ...windows }, Math.ceil(count / 64));
    }),
  save: ["x"],
  gradient: ({ x }, dy, windows) => {
    const dx = Tensor.allocate(x.device, x.shape, "f32", "[unfold] dx");
    recordByRows({ dy, dx }, planesOf(x), (part) => {
      const count = part.dx.size;
      run(unfoldBackward, part, { count, ...windows }, Math.ceil(count / 64));
    });
    return { x: dx };
  },
});

/** Channels of all images: windows are of one each. */
function planesOf({ shape: [batch = 0, channels = 0] }: Tensor): number {
  return batch * channels;
}

/**
 * Copies each window of an image, a tap a row.
 *
 * @param x      [B, C, H, W] f32
 * @param kernel size of a window
 * @returns      [B, C, taps, windows], both row-major
 * @throws ShapeError if x has not four axes, an option is no whole number in range, or no window fits
 *
 * Numerics: exact. Gradients: x, summed over taps in order.
 */
export function unfold(x: Tensor, kernel: Pair, options: WindowOptions = {}): Tensor {
  assertImages("unfold", x, ["f32"]);
  return unfoldOp({ x }, windowsOf("unfold", x, kernel, options));
}

/** @throws ShapeError unless x is [B, C, H, W] of one of the dtypes */
export function assertImages(op: string, x: Tensor, dtypes: readonly DType[]): void {
  if (x.rank === 4 && dtypes.includes(x.dtype)) return;
  throw new ShapeError(
    `[${op}] x must be [B, C, H, W] ${dtypes.join(" or ")}, got ${showShape(x.shape)} ${x.dtype}`,
  );
}

/** How many windows there are, and where, of x [B, C, H, W]. */
export function windowsOf(op: string, x: Tensor, kernel: Pair, options: WindowOptions): Windows {
  const [, , height = 0, width = 0] = x.shape;
  const [kernelHeight, kernelWidth] = pair(op, "kernel", kernel, 1);
  const [strideY, strideX] = pair(op, "stride", options.stride ?? 1, 1);
  const [paddingY, paddingX] = pair(op, "padding", options.padding ?? 0, 0);
  const [dilationY, dilationX] = pair(op, "dilation", options.dilation ?? 1, 1);
  const rows = Math.floor((height + 2 * paddingY - dilationY * (kernelHeight - 1) - 1) / strideY) + 1;
  const columns = Math.floor((width + 2 * paddingX - dilationX * (kernelWidth - 1) - 1) / strideX) + 1;
  if (rows < 1 || columns < 1) {
    throw new ShapeError(
      `[${op}] no window of ${kernelHeight} x ${kernelWidth} fits images of ${height} x ${width}: pad them`,
    );
  }
  const image = { height, width, rows, columns, kernelHeight, kernelWidth };
  return { ...image, strideY, strideX, paddingY, paddingX, dilationY, dilationX };
}

function pair(op: string, name: string, value: Pair, least: number): readonly [number, number] {
  const both: readonly [number, number] = typeof value === "number" ? [value, value] : value;
  if (both.some((n) => !Number.isInteger(n) || n < least)) {
    throw new ShapeError(`[${op}] ${name} must be whole and at least ${least}, got ${both.join(" x ")}`);
  }
  return both;
}
