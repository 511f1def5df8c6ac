/** @file A matrix product of which some tensor is larger than what the device binds at once: by parts, each a product. */

import { recordByRows } from "../../autograd/defineOp.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { rangeAlignment, Tensor } from "../../tensor/tensor.ts";
import { add } from "../elementwise/binary.ts";
import { copyParts } from "../layout/parts.ts";
import { slice } from "../layout/slice.ts";
import type { ProductAttributes, ProductTensors } from "./product.ts";

type Product = (tensors: ProductTensors, attributes: ProductAttributes) => void;

/** Records a product by some of its parts; false where it cannot be cut so. */
type Cut = (tensors: ProductTensors, attributes: ProductAttributes, product: Product) => boolean;

/**
 * Records the product in parts: items of a batch, rows of y, columns of y by rows of b stored [N, K], or the depth. A part
 * that is still too large is cut again, another way.
 *
 * @returns false where nothing is too large, or nothing can be cut: the device then says what it cannot bind
 */
export const productInParts: Cut = (tensors, attributes, product) => {
  const { device } = tensors.y;
  const all = Object.values(tensors) as (Tensor | undefined)[];
  if (all.every((tensor) => !tensor || tensor.bytes <= device.maxBindingBytes)) return false;
  using _parts = device.scope();
  return [itemsByBlocks, rowsByBlocks, columnsByBlocks, depthByBlocks, rowsOfColumns].some((cut) =>
    cut(tensors, attributes, product),
  );
};

/** Blocks are whole tiles of any tiling. Where a vector is cut along, they begin where one of its parts may. */
const tileRows = 64;

/** Parts of a batch; a matrix that serves all of it stays whole. */
const itemsByBlocks: Cut = (tensors, attributes, product) => {
  const { y } = tensors;
  if (y.rank === 2) return false;
  const items = sizeOf(y.shape.slice(0, -2));
  const batched = present({ ...tensors }, ({ rank }) => rank > 2);
  let blocks = blocksOf(batched, items, 1);
  if (blocks.length === 1) {
    const sizes = Object.values(batched).map(({ size }) => size / items);
    if (items > 1 && sizes.some((size) => size % rangeAlignment !== 0)) return false;
    blocks = Array.from({ length: items }, (_, start) => ({ start, rows: 1 }));
  }
  for (const block of blocks) {
    const part = mapTensors(batched, (tensor) => {
      const matrix = tensor.shape.slice(-2);
      return tensor.range(
        (block.start * tensor.size) / items,
        block.rows === 1 ? matrix : [block.rows, ...matrix],
      );
    });
    product({ ...tensors, ...part }, attributes);
  }
  return true;
};

/** Parts of the rows of y, and of what has a row for each of them. */
const rowsByBlocks: Cut = (tensors, attributes, product) => {
  const { a, y, residual, gate, input, sums } = tensors;
  if (attributes.transposeA || sums) return false;
  const rowed = present({ a, y, residual, gate, input });
  const blocks = blocksOf(rowed, y.shape[0] ?? 0, tileRows);
  if (blocks.length === 1) return false;
  for (const block of blocks) {
    product({ ...tensors, ...mapTensors(rowed, (tensor) => rowsOf(tensor, block)) }, attributes);
  }
  return true;
};

/** Parts of b stored [N, K], which are columns of y. */
const columnsByBlocks: Cut = (tensors, attributes, product) => {
  const { a, b, bias, residual, gate, input, y, sums } = tensors;
  const blocks = blocksOf({ b }, b.shape[0] ?? 0, bias ? rangeAlignment : tileRows);
  if (!attributes.transposeB || sums || blocks.length === 1) return false;
  const parts = blocks.map((block) => {
    const { start, rows } = block;
    const columns = (x: Tensor | undefined) => x && slice(x, 1, start, start + rows);
    const target = () => Tensor.allocate(y.device, [y.shape[0] ?? 0, rows], "f32", "[matmul] columns");
    const targets = { y: target(), input: input && target() };
    const own = { bias: bias?.range(start, [rows]), residual: columns(residual), gate: columns(gate) };
    product({ a, b: rowsOf(b, block), ...own, ...targets }, attributes);
    return targets;
  });
  for (const [whole, name] of [
    [y, "y"],
    [input, "input"],
  ] as const) {
    const columns = parts.flatMap((part) => part[name] ?? []);
    if (whole) copyParts(whole, columns, 1, "join");
  }
  return true;
};

/** Parts of every sum: of b stored [K, N], and of a stored [K, M] or its columns. */
const depthByBlocks: Cut = (tensors, attributes, product) => {
  const { a, b, bias, residual, gate, input, y, sums } = tensors;
  const { transposeA, transposeB, activation = "none" } = attributes;
  if (transposeB || activation !== "none" || gate || input) return false;
  const blocks = blocksOf(transposeA ? { a, b } : { b }, b.shape[0] ?? 0, tileRows);
  if (blocks.length === 1) return false;
  let [before, sumsBefore] = [residual, undefined as Tensor | undefined];
  for (const [i, block] of blocks.entries()) {
    const like = (whole: Tensor) => Tensor.allocate(y.device, whole.shape, "f32", "[matmul] part of sums");
    const after = { y: i === blocks.length - 1 ? y : like(y), sums: sums && like(sums) };
    const steps = transposeA ? rowsOf(a, block) : slice(a, 1, block.start, block.start + block.rows);
    const own = { bias: i === 0 ? bias : undefined, residual: before };
    product({ a: steps, b: rowsOf(b, block), ...own, ...after }, attributes);
    if (before !== residual) before?.dispose();
    before = after.y;
    sumsBefore = after.sums && sumsBefore ? add(sumsBefore, after.sums) : after.sums;
  }
  if (sums && sumsBefore) copyParts(sums, [sumsBefore], 0, "join");
  return true;
};

/** Parts of the rows of y = aᵀ b, which are columns of a. */
const rowsOfColumns: Cut = (tensors, attributes, product) => {
  const { a, y, residual, gate, input, sums } = tensors;
  const rowed = present({ y, residual, gate, input });
  const blocks = blocksOf(rowed, y.shape[0] ?? 0, sums ? rangeAlignment : tileRows);
  if (!attributes.transposeA || blocks.length === 1) return false;
  for (const block of blocks) {
    const { start, rows } = block;
    const part = mapTensors(rowed, (tensor) => rowsOf(tensor, block));
    const own = { a: slice(a, 1, start, start + rows), sums: sums?.range(start, [rows]) };
    product({ ...tensors, ...part, ...own }, attributes);
  }
  return true;
};

type Named = Readonly<Record<string, Tensor>>;

interface Block {
  readonly start: number;
  readonly rows: number;
}

/** The tensors that are there, and of the kind. */
function present(
  tensors: Readonly<Record<string, Tensor | undefined>>,
  kind: (tensor: Tensor) => boolean = () => true,
): Named {
  const there = Object.entries(tensors).filter(([, tensor]) => tensor && kind(tensor));
  return Object.fromEntries(there as [string, Tensor][]);
}

function mapTensors(tensors: Named, part: (tensor: Tensor) => Tensor): Named {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, part(tensor)]));
}

/**
 * Blocks of rows of some tensors that the device binds; one of all rows where nothing is too large or can be cut.
 *
 * @param multipleOf rows of every block but the last
 */
function blocksOf(tensors: Named, rows: number, multipleOf: number): Block[] {
  const blocks: Block[] = [];
  recordByRows(tensors, rows, (_, here, start) => blocks.push({ start, rows: here }), { multipleOf });
  return blocks;
}

function rowsOf(matrix: Tensor, { start, rows }: Block): Tensor {
  const [, width = 1] = matrix.shape;
  return matrix.range(start * width, [rows, width]);
}
