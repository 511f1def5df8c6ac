/** @file Bytes to the numbers that the encoder expects, without augmentation. */
import type { ImageSet } from "../images/imageSet.ts";

/** Mean and standard deviation of the channels R, G, B on [0, 1]. */
export interface ChannelStatistics {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** What images are normalised by, by whose encoder was trained with it. */
export const channelStatistics = {
  clip: { mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] },
  imagenet: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  /** Of Google's ViT and most of timm's that learnt from ImageNet-21k. */
  inception: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
} as const satisfies Record<string, ChannelStatistics>;

/** The names of {@link channelStatistics}. */
export type NormalizationName = keyof typeof channelStatistics;

/**
 * Writes images as planes, normalised by mean and standard deviation of each channel: (v / 255 - mean) / std.
 * @param images decoded images [S, S, 3]
 * @param indices which of them, [B]
 * @param out Float32Array [B, 3, S, S], a new one where it is not given
 * @param statistics CLIP's by default
 * @returns out
 * @throws RangeError if an index is out of range or out has another length
 */
export function normalizeBatch(
  images: ImageSet,
  indices: ArrayLike<number>,
  out = new Float32Array(indices.length * 3 * images.size ** 2),
  { mean, std }: ChannelStatistics = channelStatistics.clip,
): Float32Array {
  checkBatch("normalizeBatch", images, indices, out);
  const area = images.size ** 2;
  for (let b = 0; b < indices.length; b++) {
    const pixels = images.pixels(indices[b] as number); // [S, S, 3]
    for (let channel = 0; channel < 3; channel++) {
      const scale = 1 / (255 * (std[channel] as number));
      const shift = (mean[channel] as number) / (std[channel] as number);
      const target = (b * 3 + channel) * area;
      for (let i = 0; i < area; i++) {
        out[target + i] = (pixels[i * 3 + channel] as number) * scale - shift;
      }
    }
  }
  return out;
}

/**
 * Checks what a function that fills a batch was given.
 * @param caller its name, for the message
 * @param images decoded images
 * @param indices which of them
 * @param out where they go
 * @throws RangeError that names the index or the length
 */
export function checkBatch(
  caller: string,
  images: ImageSet,
  indices: ArrayLike<number>,
  out: Float32Array,
): void {
  for (let b = 0; b < indices.length; b++) {
    const index = indices[b] as number;
    if (!Number.isInteger(index) || index < 0 || index >= images.count) {
      throw new RangeError(
        `[${caller}] index ${b} is ${index}; the set holds images 0 to ${images.count - 1}`,
      );
    }
  }
  const length = indices.length * 3 * images.size ** 2;
  if (out.length !== length) {
    throw new RangeError(
      `[${caller}] out must be [${indices.length}, 3, ${images.size}, ${images.size}] = ${length} numbers, got ${out.length}`,
    );
  }
}
