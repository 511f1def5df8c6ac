/** @file Position embeddings for images of another size than a model was trained on. */

import { ConfigError } from "../configError.ts";
import { patchCount, prefixCount, type VitConfig } from "./vitConfig.ts";

/** Sharpness of the cubic; Keys 1981 has -0.5, PyTorch, which published models were resized with, -0.75. */
const sharpness = -0.75;

/**
 * Resizes positions as transformers and DINO do: a bicubic map of the grid of patches whose corners are not aligned,
 * without a filter against aliasing (timm filters where the grid shrinks). The tokens before the patches stay.
 *
 * @param vit       sizes of the positions given
 * @param imageSize that the positions are for
 * @returns a function of [F + N, D] values, row by row, to [F + N', D]
 * @throws ConfigError if the patches do not divide the images
 */
export function resizedPositions(vit: VitConfig, imageSize: number): (values: Float32Array) => Float32Array {
  const { patchSize, width } = vit;
  if (!Number.isInteger(imageSize / patchSize) || imageSize < patchSize) {
    throw new ConfigError(`[vit] imageSize must be a multiple of patchSize ${patchSize}, got ${imageSize}`);
  }
  const [from, to] = [Math.sqrt(patchCount(vit)), imageSize / patchSize];
  const prefix = prefixCount(vit) * width;
  const taps = Array.from({ length: to }, (_, i) => cubicTaps(i, from, to));
  return (values) => {
    const resized = new Float32Array(prefix + to * to * width);
    resized.set(values.subarray(0, prefix));
    for (const [y, rows] of taps.entries()) {
      for (const [x, columns] of taps.entries()) {
        for (let d = 0; d < width; d++) {
          let total = 0;
          for (const row of rows) {
            for (const column of columns) {
              const at = prefix + (row.at * from + column.at) * width + d;
              total += row.share * column.share * (values[at] ?? 0);
            }
          }
          resized[prefix + (y * to + x) * width + d] = total;
        }
      }
    }
    return resized;
  };
}

/** The four places that make up place `i` of `to`, of `from`, those beyond the edge being the edge. */
function cubicTaps(
  i: number,
  from: number,
  to: number,
): readonly { readonly at: number; readonly share: number }[] {
  const centre = ((i + 0.5) * from) / to - 0.5;
  const first = Math.floor(centre);
  const beyond = centre - first;
  return [-1, 0, 1, 2].map((step) => ({
    at: Math.min(from - 1, Math.max(0, first + step)),
    share: cubic(Math.abs(step - beyond)),
  }));
}

/** Keys 1981, "Cubic convolution interpolation for digital image processing", equation 4. */
function cubic(x: number): number {
  const a = sharpness;
  if (x <= 1) return (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1;
  return x < 2 ? a * x ** 3 - 5 * a * x ** 2 + 8 * a * x - 4 * a : 0;
}
