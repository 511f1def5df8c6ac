/** @file Decoded images of one size, wherever their bytes lie: a block of memory, or the shards of a folder. */

/** Decoded images, by index. */
export interface ImageSet {
  readonly count: number;
  /** Edge in pixels. */
  readonly size: number;
  /**
   * One image: Uint8Array [size, size, 3], sRGB; a view, not to be written to.
   *
   * @throws RangeError if there is no such image
   */
  readonly pixels: (index: number) => Uint8Array;
}

/**
 * Images that lie one after the other.
 *
 * @param pixels [N, size, size, 3], sRGB
 * @param size edge in pixels
 * @throws RangeError if the bytes are no whole number of images
 */
export function imageBlock(pixels: Uint8Array, size: number): ImageSet {
  const length = size * size * 3;
  const count = pixels.length / length;
  if (!Number.isInteger(count)) {
    throw new RangeError(`[imageBlock] ${pixels.length} bytes are no whole images of ${size} x ${size} x 3`);
  }
  return {
    count,
    size,
    pixels: (index) => {
      if (!Number.isInteger(index) || index < 0 || index >= count) {
        throw new RangeError(`[imageBlock] there is no image ${index}; there are ${count}`);
      }
      return pixels.subarray(index * length, (index + 1) * length);
    },
  };
}
