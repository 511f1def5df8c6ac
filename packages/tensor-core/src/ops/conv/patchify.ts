/** @file Images cut into square patches: a convolution whose stride is its kernel becomes one matmul. */

import { freeAfter } from "../../autograd/tape.ts";
import { ShapeError, showShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { reshape } from "../layout/reshape.ts";
import { transpose } from "../layout/transpose.ts";

/**
 * Cuts images into patches, row by row. Inside a patch the channel varies slowest, as a convolution weight
 * [D, C, size, size] flattens. Dosovitskiy et al. 2020, arXiv:2010.11929, equation 1.
 *
 * @param x    [B, C, H, W] of any dtype
 * @param size side of a patch, in pixels
 * @returns    [B, N, C · size²] with N = (H / size) · (W / size)
 * @throws ShapeError if x has not four axes, or H or W is no multiple of the size
 *
 * Numerics: exact. Gradients: x.
 */
export function patchify(x: Tensor, size: number): Tensor {
  const [batch = 0, channels = 0, height = 0, width = 0] = x.shape;
  if (x.rank !== 4) throw new ShapeError(`[patchify] x must be [B, C, H, W], got ${showShape(x.shape)}`);
  if (!Number.isInteger(size) || size < 1 || height % size !== 0 || width % size !== 0) {
    throw new ShapeError(
      `[patchify] ${height} x ${width} pixels do not divide into patches of ${size} x ${size}: resize or pad the images`,
    );
  }
  const [rows, columns] = [height / size, width / size];
  return freeAfter(x.device, () => {
    const cut = reshape(x, [batch, channels, rows, size, columns, size]);
    const patches = transpose(cut, [0, 2, 4, 1, 3, 5]); // [B, H / size, W / size, C, size, size]
    return reshape(patches, [batch, rows * columns, channels * size * size]);
  });
}
