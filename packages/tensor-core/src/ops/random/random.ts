/** @file Random tensors made on the device, from the words that the host's generator would give. */

import { defineOp, run } from "../../autograd/defineOp.ts";
import { choose } from "../../autograd/choices.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import type { Device } from "../../tensor/device.ts";
import { isFloat } from "../../tensor/dtype.ts";
import { lastOf, type Random } from "../../tensor/random.ts";
import { recordByElements } from "../../tensor/run.ts";
import { assertDimensions, type Shape, ShapeError } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { dropoutKernel, fillRandom } from "./random.wgsl.ts";

const fillKernel = byVariant(fillRandom);
const dropoutOf = byVariant(dropoutKernel);

interface Source {
  readonly seed: number;
  readonly stream: number;
  /** The number of its first block, by the run of a captured step. */
  readonly first: () => number;
}

/** Takes whole blocks of four words from a generator: others in each run of a captured step, and none to recompute. */
function reserve(device: Device, random: Random, blocks: number): Source {
  return choose(() => {
    let first = 0;
    device.eachStep(() => {
      first = random.skipBlocks(blocks);
    });
    const { seed, stream } = random;
    return { seed, stream, first: () => first };
  });
}

/** The uniforms of a source from so many blocks on. */
function uniformsOf({ seed, stream, first }: Source, blocks: number) {
  const block = () => first() + blocks;
  return { seed, stream, blockLow: () => block() >>> 0, blockHigh: () => Math.floor(block() / 2 ** 32) };
}

/** Who makes which kind: errors name them. */
const makers = { bits: "randomBits", uniform: "randomUniform", normal: "randomNormal" } as const;

function make(
  device: Device,
  shape: Shape,
  random: Random,
  kind: "bits" | "uniform" | "normal",
  a: number,
  b: number,
): Tensor {
  assertDimensions(makers[kind], shape);
  const y = Tensor.allocate(device, shape, kind === "bits" ? "u32" : "f32", "random");
  const blocksPerQuad = kind === "normal" ? 2 : 1;
  const source = reserve(device, random, blocksPerQuad * Math.ceil(y.size / 4));
  const kernel = fillKernel({ kind });
  const top = lastOf(Math.fround(a), Math.fround(b), 24);
  recordByElements({ y }, (part, start) => {
    const quads = Math.ceil(part.y.size / 4);
    const from = uniformsOf(source, (blocksPerQuad * start) / 4);
    run(kernel, part, { quads, ...from, a, b, top }, Math.ceil(quads / kernel.workgroup));
  });
  return y;
}

/**
 * Random words: those that `random.bits()` would give from its next whole block on, which are then used up.
 *
 * @returns `shape` u32
 * @throws ShapeError if a dimension is no whole number
 */
export function randomBits(device: Device, shape: Shape, random: Random): Tensor<"u32"> {
  return make(device, shape, random, "bits", 0, 0) as Tensor<"u32">;
}

/**
 * Uniform numbers in [low, high), from the upper 24 bits of the words that `random.uniform` would use; low where no f32
 * lies between them. Where high is below low they go from low down to high.
 *
 * @returns `shape` f32
 * @throws ShapeError if a dimension is no whole number
 * @throws RangeError unless high - low is a finite f32
 */
export function randomUniform(
  device: Device,
  shape: Shape,
  random: Random,
  low = 0,
  high = 1,
): Tensor<"f32"> {
  if (!Number.isFinite(Math.fround(high - low))) {
    throw new RangeError(
      `[randomUniform] high - low must be a finite f32, got ${low} to ${high}: draw less and scale it`,
    );
  }
  return make(device, shape, random, "uniform", low, high) as Tensor<"f32">;
}

/**
 * Normal numbers by Box and Muller's transform, from the words that `random.normal` would use; within 6 deviations.
 *
 * @returns `shape` f32
 * @throws ShapeError if a dimension is no whole number
 */
export function randomNormal(
  device: Device,
  shape: Shape,
  random: Random,
  mean = 0,
  deviation = 1,
): Tensor<"f32"> {
  return make(device, shape, random, "normal", mean, deviation) as Tensor<"f32">;
}

const dropoutOp = defineOp<{ x: Tensor }, never, { rate: number; source: Source }, never>({
  name: "dropout",
  shape: ({ x }) => ({ y: { shape: x.shape, dtype: x.dtype } }),
  forward: ({ x, y }, attributes) => drop(x, y, attributes),
  save: [],
  gradient: (_, dy, attributes) => {
    const dx = Tensor.allocate(dy.device, dy.shape, dy.dtype, "[dropout] dx");
    drop(dy, dx, attributes);
    return { x: dx };
  },
});

function drop(x: Tensor, y: Tensor, { rate, source }: { rate: number; source: Source }): void {
  const kernel = dropoutOf({ dtype: x.dtype === "f16" ? "f16" : "f32" });
  const threshold = Math.min(2 ** 32 - 1, Math.round(rate * 2 ** 32));
  const factor = 1 / (1 - rate);
  recordByElements({ x, y }, (part, start) => {
    const quads = Math.ceil(part.y.size / 4);
    const uniforms = { quads, ...uniformsOf(source, start / 4), threshold, factor };
    run(kernel, part, uniforms, Math.ceil(quads / kernel.workgroup));
  });
}

/**
 * Sets elements to zero at random, and scales the others so that the mean stays. Srivastava et al. 2014.
 *
 * Element i is dropped where the i-th word of the generator's next block is below rate · 2^32. The words are used up, so
 * a generator restored to its state drops the same elements. A captured step draws anew in each run; what `checkpoint`
 * runs again drops the same.
 *
 * @param x    f32 or f16 of any shape
 * @param rate share of dropped elements, 0 to below 1
 * @returns    the shape and dtype of x; x itself at rate 0
 * @throws ShapeError if x is neither f32 nor f16, at any rate; no words are used up then
 * @throws RangeError if the rate is out of range
 *
 * Gradients: x, zero where it was dropped; the mask is made again, not stored.
 */
export function dropout(x: Tensor, rate: number, random: Random): Tensor {
  // Before words are used up.
  if (!isFloat(x.dtype)) throw new ShapeError(`[dropout] x must be f32 or f16, got ${x.dtype}: cast it`);
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`[dropout] rate must be 0 to below 1, got ${rate}`);
  return rate === 0
    ? x
    : dropoutOp({ x }, { rate, source: reserve(x.device, random, Math.ceil(x.size / 4)) });
}
