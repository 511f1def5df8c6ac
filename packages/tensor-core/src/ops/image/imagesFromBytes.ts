/** @file Images from bytes on the device: normalised, mirrored and jittered in one pass. */

import { defineOp, recordByRows, run } from "../../autograd/defineOp.ts";
import type { Random } from "../../tensor/random.ts";
import { tensor } from "../../tensor/create.ts";
import type { Device } from "../../tensor/device.ts";
import { greatestDivisor } from "../../tensor/recordByRows.ts";
import { ShapeError, showShape } from "../../tensor/shape.ts";
import { rangeAlignment, type Tensor } from "../../tensor/tensor.ts";
import { slice } from "../layout/slice.ts";
import { imagesFromBytesKernel } from "./imagesFromBytes.wgsl.ts";

type Rgb = readonly [number, number, number];

/** Statistics of the images a model was trained on, on a scale of 0 to 1. */
export interface ImageStatistics {
  readonly mean: Rgb;
  readonly deviation: Rgb;
}

/** How one sample is changed. */
export interface SampleChange {
  /** Mirror left and right; default false. */
  readonly flip?: boolean;
  /** Multiplies all colours; default 1. */
  readonly brightness?: number;
  /** Multiplies distances to mid-grey; default 1. */
  readonly contrast?: number;
  /** Multiplies distances to the pixel's own grey, by the weights of ITU-R BT.601; default 1. */
  readonly saturation?: number;
}

const imagesOp = defineOp<
  { bytes: Tensor; samples: Tensor },
  never,
  { height: number; width: number; statistics: ImageStatistics },
  never
>({
  name: "imagesFromBytes",
  shape: ({ samples }, { height, width }) => ({
    y: { shape: [samples.shape[0] ?? 0, 3, height, width], dtype: "f32" },
  }),
  forward: ({ bytes, samples, y }, { height, width, statistics: { mean, deviation } }) => {
    const pixels = height * width;
    const [batch = 0] = samples.shape;
    const [meanRed, meanGreen, meanBlue] = mean;
    const [deviationRed, deviationGreen, deviationBlue] = deviation;
    const means = { meanRed, meanGreen, meanBlue };
    const deviations = { deviationRed, deviationGreen, deviationBlue };
    recordByRows(
      { y },
      batch,
      (part, items, start) => {
        const count = items * pixels;
        const tensors = {
          bytes: elementsOf(bytes, (3 * start * pixels) / 4, Math.ceil((3 * count) / 4)),
          samples: elementsOf(samples, 13 * start, 13 * items),
          ...part,
        };
        const uniforms = { count, width, pixels, ...means, ...deviations };
        run(imagesFromBytesKernel, tensors, uniforms, Math.ceil(count / 64));
      },
      { multipleOf: 4 / greatestDivisor(pixels, 4) }, // whose bytes are whole words
    );
  },
  save: [],
});

/** Some elements of a tensor, copied where no binding may begin. */
function elementsOf(x: Tensor, start: number, count: number): Tensor {
  if (count === x.size) return x;
  const aligned = start % rangeAlignment === 0;
  return aligned ? x.range(start, [count]) : slice(x.view([x.size]), 0, start, start + count);
}

/**
 * Normalised planes from interleaved bytes, each sample changed in its own way:
 *
 *     y = (clamp(M rgb / 255 + t, 0, 1) - mean) / deviation
 *
 * @param bytes   u32, the bytes of [B, H, W, 3] four a word, of {@link packBytes}
 * @param size    height and width
 * @param samples [B, 13] f32, of {@link sampleChanges}
 * @returns       [B, 3, H, W] f32
 * @throws ShapeError if the bytes, the samples or the size do not fit
 * @throws RangeError if a deviation is not > 0
 *
 * Goes through some images after others where the device does not bind y at once. No gradients: bytes have none.
 */
export function imagesFromBytes(
  bytes: Tensor,
  size: { readonly height: number; readonly width: number },
  samples: Tensor,
  statistics: ImageStatistics,
): Tensor {
  const { height, width } = size;
  if (![height, width].every((n) => Number.isSafeInteger(n) && n > 0)) {
    throw new ShapeError(
      `[imagesFromBytes] height and width must be whole numbers > 0, got ${height} and ${width}`,
    );
  }
  if (!statistics.deviation.every((d) => d > 0)) {
    throw new RangeError(`[imagesFromBytes] deviations must be > 0, got ${statistics.deviation.join(", ")}`);
  }
  const [batch = 0, numbers] = samples.shape;
  if (samples.rank !== 2 || numbers !== 13 || samples.dtype !== "f32") {
    throw new ShapeError(
      `[imagesFromBytes] samples must be [B, 13] f32, got ${showShape(samples.shape)} ${samples.dtype}`,
    );
  }
  const words = Math.ceil((batch * height * width * 3) / 4);
  if (bytes.dtype !== "u32" || bytes.size !== words) {
    throw new ShapeError(
      `[imagesFromBytes] ${batch} images of ${height} x ${width} take ${words} words of u32, ` +
        `got ${showShape(bytes.shape)} ${bytes.dtype}`,
    );
  }
  return imagesOp({ bytes, samples }, { height, width, statistics });
}

/** Bytes as words of u32, four each, the last filled up with zero. */
export function packBytes(device: Device, bytes: Uint8Array): Tensor<"u32"> {
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  return tensor(device, new Uint32Array(padded.buffer), undefined, "u32");
}

const greyWeights = [0.299, 0.587, 0.114] as const;

/** The numbers of {@link imagesFromBytes} for each sample: [B, 13] f32. */
export function sampleChanges(device: Device, changes: readonly SampleChange[]): Tensor<"f32"> {
  const values = changes.flatMap(({ flip = false, brightness = 1, contrast = 1, saturation = 1 }) => {
    const gain = brightness * contrast;
    const matrix = [0, 1, 2].flatMap((row) => [
      ...greyWeights.map(
        (weight, column) => gain * ((1 - saturation) * weight + (row === column ? saturation : 0)),
      ),
      0.5 * (1 - contrast),
    ]);
    return [...matrix, flip ? 1 : 0];
  });
  return tensor(device, values, [changes.length, 13]);
}

/** Ranges that changes are drawn from. */
export interface ChangeRanges {
  /** Share of mirrored samples; default 0.5. */
  readonly flip?: number;
  /** Factors are drawn from 1 - range, or 0 where that is negative, to 1 + range; default 0 each. */
  readonly brightness?: number;
  readonly contrast?: number;
  readonly saturation?: number;
}

/**
 * A change drawn at random: four numbers of the generator, whatever the ranges.
 *
 * @throws RangeError if a range is not a finite number >= 0
 */
export function drawChange(random: Random, ranges: ChangeRanges = {}): SampleChange {
  const { flip = 0.5, brightness = 0, contrast = 0, saturation = 0 } = ranges;
  for (const [name, range] of Object.entries({ brightness, contrast, saturation })) {
    if (range >= 0 && Number.isFinite(range)) continue;
    throw new RangeError(`[drawChange] ${name} must be a finite number >= 0, got ${range}`);
  }
  const factor = (range: number) => random.uniform(Math.max(0, 1 - range), 1 + range);
  return {
    flip: random.uniform() < flip,
    brightness: factor(brightness),
    contrast: factor(contrast),
    saturation: factor(saturation),
  };
}
