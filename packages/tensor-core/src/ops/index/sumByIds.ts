/** @file Records the sum of rows by their ids, which is the gradient of an embedding. */

import { recordByRows, run, runElements } from "../../autograd/defineOp.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { fill } from "../../tensor/fill.ts";
import { Tensor } from "../../tensor/tensor.ts";
import {
  chunks,
  countIds,
  placeIds,
  scanCounts,
  shiftIds,
  sumRows,
  type SumVariant,
} from "./embedding.wgsl.ts";
import { rowBlocks } from "./rowBlocks.ts";

const kernelOf = byVariant((variant: SumVariant) => sumRows(variant));

/**
 * dweight[id] = the sum of dy over the positions of the id, in their order.
 *
 * Where the device cannot bind the counters, ids are sorted for one block of the table after another; where it cannot
 * bind dy, for one run of positions after another, which are added in their order: the same bits.
 *
 * @param ids     [...] i32
 * @param dy      [..., D] f32
 * @param dweight [V, D] f32, which is written
 */
export function sumByIds(ids: Tensor, dy: Tensor, dweight: Tensor): void {
  const { device } = dweight;
  using _blocks = device.scope();
  const blocks = rowBlocks(dweight, chunks);
  let filled = false;
  recordByRows({ ids, dy }, ids.size, (part, positions) => {
    const onto = positions < ids.size;
    if (onto && !filled) fill(dweight, 0);
    filled = true;
    for (const block of blocks) {
      using _shifted = device.scope();
      sumSorted(shifted(part.ids, block.first), part.dy, block.part, onto);
    }
  });
}

/** The ids as those of the block of the table that begins at `first`; what is before it wraps past its end. */
function shifted(ids: Tensor, first: number): Tensor {
  if (first === 0) return ids;
  const own = Tensor.allocate(ids.device, ids.shape, "i32", "[embedding] ids of a block");
  runElements(shiftIds, { ids, own }, { first });
  return own;
}

/** Sorts the positions by id, then sums; `onto` what is there, or in place of it. */
function sumSorted(ids: Tensor, dy: Tensor, dweight: Tensor, onto: boolean): void {
  const { device, shape } = dweight;
  const [vocabulary = 0, dim = 0] = shape;
  const slots = Tensor.allocate(device, [vocabulary, chunks], "u32", "[embedding] slots");
  const order = Tensor.allocate(device, ids.shape, "u32", "[embedding] order");
  const list = { count: ids.size, chunkSize: Math.ceil(ids.size / chunks), vocabulary };
  run(countIds, { ids, slots }, list, chunks / countIds.workgroup);
  const perLane = Math.ceil(slots.size / scanCounts.workgroup);
  run(scanCounts, { slots }, { length: slots.size, perLane }, 1);
  run(placeIds, { ids, slots, order }, list, chunks / placeIds.workgroup);
  // Rows whose length is a multiple of four are read as vec4.
  const quads = dim % 4 === 0;
  const kernel = kernelOf({ quads, ...(onto ? { onto } : {}) });
  const width = quads ? dim / 4 : dim;
  for (const { first, rows, part } of rowBlocks(dweight)) {
    const uniforms = { count: rows * width, width, positions: ids.size, firstRow: first };
    run(kernel, { dy, slots, order, dweight: part }, uniforms, Math.ceil(uniforms.count / kernel.workgroup));
  }
  slots.dispose();
  order.dispose();
}
