/** @file Bytes to the numbers that the encoder expects, without augmentation. */
import type { ImageSet } from "../images/imageSet.ts";

/** The mean of each channel on [0, 1], CLIP's own. */
export const channelMean = [0.48145466, 0.4578275, 0.40821073] as const;

/** The standard deviation of each channel on [0, 1], CLIP's own. */
export const channelStd = [0.26862954, 0.26130258, 0.27577711] as const;

/**
 * Writes images as planes, normalised by CLIP's mean and standard deviation: (v / 255 - mean) / std.
 * @param images decoded images [S, S, 3]
 * @param indices which of them, [B]
 * @param out Float32Array [B, 3, S, S], a new one where it is not given
 * @returns out
 * @throws RangeError if an index is out of range or out has another length
 */
export function normalizeBatch(
  images: ImageSet,
  indices: ArrayLike<number>,
  out = new Float32Array(indices.length * 3 * images.size ** 2),
): Float32Array {
  checkBatch("normalizeBatch", images, indices, out);
  const area = images.size ** 2;
  for (let b = 0; b < indices.length; b++) {
    const pixels = images.pixels(indices[b] as number); // [S, S, 3]
    for (let channel = 0; channel < 3; channel++) {
      const scale = 1 / (255 * (channelStd[channel] as number));
      const shift = (channelMean[channel] as number) / (channelStd[channel] as number);
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
