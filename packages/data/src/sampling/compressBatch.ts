/** @file Compresses images of a batch as JPEG files are, before anything else is changed. */
import sharp from "sharp";
import { type ImageSet, imageBlock } from "../images/imageSet.ts";
import type { Augmentation, BatchPosition } from "./augmentBatch.ts";
import { createRandom, uniform } from "./random.ts";
import { streams } from "./streams.ts";

/**
 * A batch of its own, in which some images have gone through JPEG by libjpeg with 4:2:0 chroma.
 *
 * The numbers of a sample depend on (seed, step, place in the batch) alone, and two views of a batch share them.
 * @param images decoded images
 * @param indices which of them, [B]
 * @param position seed and step
 * @param augmentation how likely, and at which quality
 * @returns B images
 * @throws RangeError if there is no such image, or the quality is no range within 1 to 100
 */
export async function compressBatch(
  images: ImageSet,
  indices: ArrayLike<number>,
  position: BatchPosition,
  { jpeg, jpegQuality: [least, most] }: Readonly<Pick<Augmentation, "jpeg" | "jpegQuality">>,
): Promise<ImageSet> {
  if (!(least >= 1 && most <= 100 && least <= most)) {
    throw new RangeError(
      `[compressBatch] jpegQuality must be a range within 1 to 100, got ${least} to ${most}`,
    );
  }
  const { size } = images;
  const length = size * size * 3;
  const block = new Uint8Array(indices.length * length); // [B, S, S, 3]
  await Promise.all(
    Array.from(indices, async (index, b) => {
      const random = createRandom(position.seed, streams.compress, position.step, b);
      const pixels = images.pixels(index);
      const chosen = uniform(random) < jpeg;
      const quality = Math.round(least + (most - least) * uniform(random));
      block.set(chosen ? await throughJpeg(pixels, size, quality) : pixels, b * length);
    }),
  );
  return imageBlock(block, size);
}

async function throughJpeg(pixels: Uint8Array, size: number, quality: number): Promise<Uint8Array> {
  const raw = { width: size, height: size, channels: 3 as const };
  const file = await sharp(pixels, { raw }).jpeg({ quality }).toBuffer();
  return sharp(file).raw().toBuffer();
}
