/** @file Where the pixels of a crop come from, along each axis. */
import { type RandomState, uniform } from "./random.ts";

/** The neighbours of each output place along one axis, and the second one's weight. */
export interface Axis {
  near: Int32Array;
  far: Int32Array;
  weight: Float32Array;
}

/** A random crop of any shape that is resized to the image. */
export interface ResizedCrop {
  /** Least and most share of the image's area, drawn evenly. */
  area: [number, number];
  /** Least and most width / height, drawn evenly by its logarithm. */
  aspect: [number, number];
}

const attempts = 10;

/**
 * Draws a crop as torchvision's RandomResizedCrop does: the whole image if ten in a row do not fit into it. Edges are not
 * rounded to whole pixels.
 *
 * @returns width and height as parts of the image's edge
 * @throws RangeError if area is not within (0, 1], or an aspect is not above 0
 */
export function drawCrop(random: RandomState, { area, aspect }: ResizedCrop): [number, number] {
  if (!(0 < area[0] && area[0] <= area[1] && area[1] <= 1)) {
    throw new RangeError(`[drawCrop] area must be a range within (0, 1], got ${area[0]} to ${area[1]}`);
  }
  if (!(0 < aspect[0] && aspect[0] <= aspect[1])) {
    throw new RangeError(`[drawCrop] aspect must be a range above 0, got ${aspect[0]} to ${aspect[1]}`);
  }
  const [narrow, wide] = [Math.log(aspect[0]), Math.log(aspect[1])];
  for (let attempt = 0; attempt < attempts; attempt++) {
    const share = area[0] + (area[1] - area[0]) * uniform(random);
    const ratio = Math.exp(narrow + (wide - narrow) * uniform(random));
    const [width, height] = [Math.sqrt(share * ratio), Math.sqrt(share / ratio)];
    if (width <= 1 && height <= 1) return [width, height];
  }
  return [1, 1];
}

/**
 * @param size   edge of the image and of the result in pixels
 * @param scale  edge of the crop as a part of it
 * @param offset where the crop lies in what is left, 0 to 1
 * @param shift  whole pixels that it is moved by; the edge is repeated
 */
export function cropAxis(
  size: number,
  scale: number,
  offset: number,
  shift: number,
  mirrored: boolean,
): Axis {
  const near = new Int32Array(size);
  const far = new Int32Array(size);
  const weight = new Float32Array(size);
  const start = offset * (1 - scale) * size + shift;
  for (let i = 0; i < size; i++) {
    const place = Math.min(Math.max(start + (i + 0.5) * scale - 0.5, 0), size - 1);
    const target = mirrored ? size - 1 - i : i;
    const floor = Math.floor(place);
    near[target] = floor;
    far[target] = Math.min(floor + 1, size - 1);
    weight[target] = place - floor;
  }
  return { near, far, weight };
}
