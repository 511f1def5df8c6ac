/** @file A matrix product whose weight, or whose gradient of it, is larger than what the device binds at once. */

import { rangeAlignment, Tensor } from "../../tensor/tensor.ts";
import { copyParts } from "../layout/parts.ts";
import { slice } from "../layout/slice.ts";
import type { ProductAttributes, ProductTensors } from "./product.ts";

type Product = (tensors: ProductTensors, attributes: ProductAttributes) => void;

interface Block {
  readonly start: number;
  readonly rows: number;
}

/**
 * Records the product by blocks of rows of the matrix that is too large, each of which is bound by itself: of b stored
 * [N, K], for columns of y; of b stored [K, N], for a part of every sum; or of y = aᵀ b.
 *
 * @returns false where none of them is too large, or the product is none of these: the device then says what it cannot
 *          bind
 */
export function productInParts(
  tensors: ProductTensors,
  attributes: ProductAttributes,
  product: Product,
): boolean {
  const { a, b, y } = tensors;
  const { transposeA, transposeB, activation = "none" } = attributes;
  const { device } = y;
  if (y.dtype !== "f32") return false;
  if (b.bytes <= device.maxBindingBytes && y.bytes <= device.maxBindingBytes) return false;
  using _parts = device.scope();
  if (a.rank !== 2 || b.rank !== 2 || activation !== "none" || tensors.gate || tensors.input) return false;
  const large = (t: Tensor) => t.bytes > device.maxBindingBytes && blocksOf(t).length > 0;
  if (large(b) && transposeB && !tensors.sums) {
    columnsByBlocks(tensors, attributes, product);
  } else if (large(b) && !transposeA && !transposeB && !tensors.bias) {
    depthByBlocks(tensors, attributes, product);
  } else if (large(y) && transposeA && !transposeB && !tensors.bias && !tensors.residual) {
    for (const block of blocksOf(y)) {
      const columns = slice(a, 1, block.start, block.start + block.rows);
      const sums = tensors.sums?.range(block.start, [block.rows]);
      product({ a: columns, b, y: rowsOf(y, block), sums }, attributes);
    }
  } else {
    return false;
  }
  return true;
}

function columnsByBlocks(
  { a, b, bias, residual, y }: ProductTensors,
  attributes: ProductAttributes,
  product: Product,
): void {
  const parts = blocksOf(b).map((block) => {
    const { start, rows } = block;
    const part = Tensor.allocate(y.device, [y.shape[0] ?? 0, rows], "f32", "[matmul] columns");
    const own = {
      bias: bias?.range(start, [rows]),
      residual: residual && slice(residual, 1, start, start + rows),
    };
    product({ a, b: rowsOf(b, block), ...own, y: part }, attributes);
    return part;
  });
  copyParts(y, parts, 1, "join");
}

function depthByBlocks(
  { a, b, residual, y }: ProductTensors,
  attributes: ProductAttributes,
  product: Product,
) {
  const blocks = blocksOf(b);
  let before = residual;
  for (const [i, block] of blocks.entries()) {
    const after =
      i === blocks.length - 1 ? y : Tensor.allocate(y.device, y.shape, "f32", "[matmul] part of sums");
    const columns = slice(a, 1, block.start, block.start + block.rows);
    product({ a: columns, b: rowsOf(b, block), residual: before, y: after }, attributes);
    before = after;
  }
}

/** Blocks of rows that the device can bind, also as parts of a vector; none where one such block is too large. */
function blocksOf({ shape, device }: Tensor): Block[] {
  const [all = 0, width = 1] = shape;
  const most = Math.floor(device.maxBindingBytes / 4 / width / rangeAlignment) * rangeAlignment;
  if (most === 0) return [];
  return Array.from({ length: Math.ceil(all / most) }, (_, i) => ({
    start: i * most,
    rows: Math.min(most, all - i * most),
  }));
}

function rowsOf(matrix: Tensor, { start, rows }: Block): Tensor {
  const [, width = 1] = matrix.shape;
  return matrix.range(start * width, [rows, width]);
}
