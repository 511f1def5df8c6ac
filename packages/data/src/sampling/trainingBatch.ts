/** @file A training batch from images: JPEG where it is asked for, then augmentation and normalisation. */
import type { ImageSet } from "../images/imageSet.ts";
import { augmentBatch, type Augmentation, type BatchPosition } from "./augmentBatch.ts";
import { compressBatch } from "./compressBatch.ts";
import { channelStatistics, type ChannelStatistics } from "./normalization.ts";

/**
 * Writes augmented and normalised planes; the numbers of a sample depend on (seed, step, view, place) alone.
 * @param images decoded images
 * @param indices which of them, [B]
 * @param position seed, step and view
 * @param augmentation how strongly
 * @param out Float32Array [B, 3, S, S]
 * @param statistics CLIP's by default
 * @throws RangeError if an index is out of range, out has another length or a strength makes no sense
 */
export async function trainingBatch(
  images: ImageSet,
  indices: ArrayLike<number>,
  position: BatchPosition,
  augmentation: Readonly<Augmentation>,
  out: Float32Array<ArrayBuffer>,
  statistics: ChannelStatistics = channelStatistics.clip,
): Promise<void> {
  if (augmentation.jpeg === 0) augmentBatch(images, indices, position, augmentation, out, statistics);
  else {
    const compressed = await compressBatch(images, indices, position, augmentation);
    const all = Array.from(indices, (_, b) => b);
    augmentBatch(compressed, all, position, augmentation, out, statistics);
  }
}
