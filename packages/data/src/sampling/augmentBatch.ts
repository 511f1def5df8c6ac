/** @file Augments a batch on the CPU, each sample by numbers of its own. */
import type { ImageSet } from "../images/imageSet.ts";
import { channelStatistics, type ChannelStatistics, checkBatch } from "./normalization.ts";
import { below, createRandom, uniform } from "./random.ts";
import { blurPlanes } from "./blurPlanes.ts";
import { changeHsv } from "./changeHsv.ts";
import { type Axis, cropAxis, drawCrop, type ResizedCrop } from "./cropAxes.ts";
import { streams } from "./streams.ts";

/** How strongly images are changed. */
export interface Augmentation {
  /** Probability of a horizontal flip. */
  flip: number;
  /** Least edge of the random square crop, as a part of the image's edge; the crop lies anywhere in the image. */
  minScale: number;
  /** The crop is torchvision's RandomResizedCrop instead: its share of the area and its width / height, least and most. */
  resizedCrop?: ResizedCrop | undefined;
  /** The image is moved by up to this many whole pixels along each axis; the edge is repeated. No resampling. */
  shift: number;
  /** Brightness is multiplied by a factor in 1 ± this. */
  brightness: number;
  /** Contrast around the mean grey is multiplied by a factor in 1 ± this. */
  contrast: number;
  /** Distance from grey is multiplied by a factor in 1 ± this. */
  saturation: number;
  /** Saturation of HSV is multiplied by a factor in 1 ± this; default 0. */
  hsvSaturation?: number | undefined;
  /** Hue is turned by a part of its circle in ± this; default 0. */
  hue?: number | undefined;
  /** Probability that brightness, contrast, saturation and hue change; default 1. */
  jitter?: number | undefined;
  /** Probability of a grey image. */
  grayscale: number;
  /** Probability of a Gaussian blur. */
  blur: number;
  /** Most standard deviation of the blur in pixels; it is drawn evenly from 0.1 on. */
  blurSigma: number;
  /** Probability that the image goes through JPEG first, which {@link compressBatch} does. */
  jpeg: number;
  /** Least and most quality of that JPEG, 1 to 100. */
  jpegQuality: [number, number];
}

/** The starter's augmentation: our choice, mild because cues such as moire must survive it. */
export const defaultAugmentation: Readonly<Augmentation> = {
  flip: 0.5,
  minScale: 0.85,
  shift: 0,
  brightness: 0.2,
  contrast: 0.2,
  saturation: 0.2,
  grayscale: 0,
  blur: 0,
  blurSigma: 0.6,
  jpeg: 0,
  jpegQuality: [50, 95],
};

/**
 * The starter's views for two-view losses, strong as SimCLR's but with square crops and without hue; blur is in pixels of a
 * 224-pixel image. Chen et al. 2020, arXiv:2002.05709, appendix A.
 */
export const simclrAugmentation: Readonly<Augmentation> = {
  ...defaultAugmentation,
  minScale: 0.3,
  brightness: 0.8,
  contrast: 0.8,
  saturation: 0.8,
  grayscale: 0.2,
  blur: 0.5,
  blurSigma: 2,
};

/**
 * FLIP-MCL's views as published, in SimCLR's way: torchvision's RandomResizedCrop(0.08, 1), ColorJitter(0.4, 0.4, 0.4, 0.1)
 * for eight in ten, grey for two, a blur for five; arXiv:2309.16649. Unlike torchvision's, the jitter's four keep their order, and
 * contrast turns about the mean of the image before the crop.
 */
export const flipViews: Readonly<Augmentation> = {
  ...defaultAugmentation,
  minScale: 1,
  resizedCrop: { area: [0.08, 1], aspect: [3 / 4, 4 / 3] },
  brightness: 0.4,
  contrast: 0.4,
  saturation: 0.4,
  hue: 0.1,
  jitter: 0.8,
  grayscale: 0.2,
  blur: 0.5,
  blurSigma: 2,
};

/** Where a batch stands in its run. */
export interface BatchPosition {
  seed: number;
  step: number;
  /** 1 and 2 are views beside the images themselves, with numbers of their own. */
  view?: 0 | 1 | 2;
}

/**
 * Writes augmented images as planes, normalised as {@link normalizeBatch} does it.
 *
 * Flip, crop with bilinear interpolation, shift, brightness, contrast, saturation or grey, clipped to [0, 255], hue and
 * saturation of HSV, blur, in this order. The numbers of a sample depend on (seed, step, view, place in the batch) alone.
 * @param images decoded images [S, S, 3]
 * @param indices which of them, [B]
 * @param position seed and step
 * @param augmentation how strongly
 * @param out Float32Array [B, 3, S, S], a new one where it is not given
 * @param statistics CLIP's by default
 * @returns out
 * @throws RangeError if an index is out of range, out has another length, or minScale is outside (0, 1], shift is no whole
 * number from 0 to the image's size, or blurSigma is below 0.1
 */
export function augmentBatch(
  images: ImageSet,
  indices: ArrayLike<number>,
  position: BatchPosition,
  augmentation: Readonly<Augmentation> = defaultAugmentation,
  out = new Float32Array(indices.length * 3 * images.size ** 2),
  statistics: ChannelStatistics = channelStatistics.clip,
): Float32Array {
  checkBatch("augmentBatch", images, indices, out);
  const { flip, minScale, resizedCrop, shift, grayscale, blur, blurSigma } = augmentation;
  const { brightness, contrast, saturation, hsvSaturation = 0, hue = 0, jitter = 1 } = augmentation;
  if (!(minScale > 0 && minScale <= 1)) {
    throw new RangeError(`[augmentBatch] minScale must be in (0, 1], got ${minScale}`);
  }
  const { size } = images;
  if (!Number.isInteger(shift) || shift < 0 || shift > size) {
    throw new RangeError(
      `[augmentBatch] shift must be a whole number from 0 to ${size} pixels, got ${shift}`,
    );
  }
  if (!(blurSigma >= 0.1)) {
    throw new RangeError(`[augmentBatch] blurSigma must be at least 0.1 pixels, got ${blurSigma}`);
  }
  const stream = [streams.augment, streams.firstView, streams.secondView][position.view ?? 0] as number;
  const bytes = size * size * 3;
  for (let b = 0; b < indices.length; b++) {
    const random = createRandom(position.seed, stream, position.step, b);
    const mirrored = uniform(random) < flip;
    const [width, height] = resizedCrop
      ? drawCrop(random, resizedCrop)
      : square(minScale + (1 - minScale) * uniform(random));
    const move = (): number => (shift === 0 ? 0 : below(random, 2 * shift + 1) - shift);
    const across = cropAxis(size, width, uniform(random), move(), mirrored);
    const down = cropAxis(size, height, uniform(random), move(), false);
    const changes = jitter === 1 || uniform(random) < jitter;
    const within = (range: number): number => (changes ? range * (2 * uniform(random) - 1) : 0);
    const tone = {
      brightness: 1 + within(brightness),
      contrast: 1 + within(contrast),
      saturation: 1 + within(saturation),
    };
    const turn = hue === 0 ? 0 : within(hue);
    const hsvFactor = hsvSaturation === 0 ? 1 : 1 + within(hsvSaturation);
    if (uniform(random) < grayscale) tone.saturation = 0;
    const planes = out.subarray(b * bytes, (b + 1) * bytes); // [3, S, S]
    writeSample(images.pixels(indices[b] as number), size, across, down, tone, planes, statistics);
    if (turn !== 0 || hsvFactor !== 1) changeHsv(planes, turn, hsvFactor, statistics);
    if (uniform(random) < blur) blurPlanes(planes, size, 0.1 + (blurSigma - 0.1) * uniform(random));
  }
  return out;
}

const square = (edge: number): [number, number] => [edge, edge];

function writeSample(
  pixels: Uint8Array,
  size: number,
  across: Axis,
  down: Axis,
  tone: { brightness: number; contrast: number; saturation: number },
  out: Float32Array,
  { mean, std }: ChannelStatistics,
): void {
  const { brightness, contrast, saturation } = tone;
  const pivot = brightness * meanGrey(pixels) * (1 - contrast);
  const area = size * size;
  const [scaleR, scaleG, scaleB] = std.map((value) => 1 / (255 * value)) as [number, number, number];
  const [shiftR, shiftG, shiftB] = mean.map((value, c) => value / (std[c] as number)) as [
    number,
    number,
    number,
  ];
  const gain = brightness * contrast;
  for (let y = 0; y < size; y++) {
    const top = (down.near[y] as number) * size;
    const bottom = (down.far[y] as number) * size;
    const wy = down.weight[y] as number;
    for (let x = 0; x < size; x++) {
      const left = across.near[x] as number;
      const right = across.far[x] as number;
      const wx = across.weight[x] as number;
      const w00 = (1 - wy) * (1 - wx);
      const w01 = (1 - wy) * wx;
      const w10 = wy * (1 - wx);
      const w11 = wy * wx;
      const p00 = (top + left) * 3;
      const p01 = (top + right) * 3;
      const p10 = (bottom + left) * 3;
      const p11 = (bottom + right) * 3;
      const r = blend(pixels, p00, p01, p10, p11, w00, w01, w10, w11) * gain + pivot;
      const g = blend(pixels, p00 + 1, p01 + 1, p10 + 1, p11 + 1, w00, w01, w10, w11) * gain + pivot;
      const b = blend(pixels, p00 + 2, p01 + 2, p10 + 2, p11 + 2, w00, w01, w10, w11) * gain + pivot;
      const grey = (0.299 * r + 0.587 * g + 0.114 * b) * (1 - saturation);
      const place = y * size + x;
      out[place] = clip(grey + r * saturation) * scaleR - shiftR;
      out[area + place] = clip(grey + g * saturation) * scaleG - shiftG;
      out[2 * area + place] = clip(grey + b * saturation) * scaleB - shiftB;
    }
  }
}

function blend(
  pixels: Uint8Array,
  p00: number,
  p01: number,
  p10: number,
  p11: number,
  w00: number,
  w01: number,
  w10: number,
  w11: number,
): number {
  return (
    (pixels[p00] as number) * w00 +
    (pixels[p01] as number) * w01 +
    (pixels[p10] as number) * w10 +
    (pixels[p11] as number) * w11
  );
}

function clip(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

/** The image's mean luma on [0, 255], by Rec. 601's weights. */
function meanGrey(pixels: Uint8Array): number {
  let red = 0;
  let green = 0;
  let blue = 0;
  for (let i = 0; i < pixels.length; i += 3) {
    red += pixels[i] as number;
    green += pixels[i + 1] as number;
    blue += pixels[i + 2] as number;
  }
  return (3 * (0.299 * red + 0.587 * green + 0.114 * blue)) / pixels.length;
}
