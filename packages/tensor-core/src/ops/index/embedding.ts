/** @file Rows of a table, chosen by ids. */

import { defineOp, recordByRows, run } from "../../autograd/defineOp.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { isFloat } from "../../tensor/dtype.ts";
import { ShapeError, showShape } from "../../tensor/shape.ts";
import { elementsAtOnce } from "../../tensor/run.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { cast, castInto } from "../layout/cast.ts";
import { copyUnit } from "../layout/copyUnit.ts";
import { chunks, countIds, embeddingForward, placeIds, scanCounts, sumRows } from "./embedding.wgsl.ts";

const forwardKernel = byVariant(embeddingForward);
const sumKernels = { quads: sumRows(true), scalars: sumRows(false) };

const embeddingOp = defineOp<{ weight: Tensor; ids: Tensor }, never, object, "weight" | "ids">({
  name: "embedding",
  shape: ({ weight, ids }) => {
    if (weight.rank !== 2 || !isFloat(weight.dtype)) {
      throw new ShapeError(
        `[embedding] weight must be [V, D] f32 or f16, got ${showShape(weight.shape)} ${weight.dtype}`,
      );
    }
    if (ids.dtype !== "i32") throw new ShapeError(`[embedding] ids must be i32, got ${ids.dtype}`);
    return { y: { shape: [...ids.shape, weight.shape[1] ?? 0], dtype: weight.dtype } };
  },
  forward: ({ weight, ids, y }) => {
    const [vocabulary = 0, dim = 0] = weight.shape;
    const unit = copyUnit(weight.dtype, [dim]);
    if (!unit) {
      // f16 of an odd width, by way of f32.
      using _wide = weight.device.scope();
      castInto(embedding(cast(weight, "f32"), ids), y);
      return;
    }
    const kernel = forwardKernel({ element: unit.element });
    using _blocks = weight.device.scope();
    const blocks = rowBlocks(weight);
    recordByRows({ ids, y }, ids.size, (result) => {
      const count = result.y.size / unit.width;
      for (const { first, rows, part } of blocks) {
        const uniforms = { count, width: dim / unit.width, vocabulary, first, rows };
        run(kernel, { weight: part, ...result }, uniforms, Math.ceil(count / kernel.workgroup));
      }
    });
  },
  save: ["weight", "ids"],
  gradient: ({ weight, ids }, upstream) => {
    const dy = cast(upstream, "f32");
    const vocabulary = weight.shape[0] ?? 0;
    const { device } = weight;
    const slots = Tensor.allocate(device, [vocabulary, chunks], "u32", "[embedding] slots");
    const order = Tensor.allocate(device, ids.shape, "u32", "[embedding] order");
    const dweight = Tensor.allocate(device, weight.shape, "f32", "[embedding] dweight");
    const list = { count: ids.size, chunkSize: Math.ceil(ids.size / chunks), vocabulary };
    run(countIds, { ids, slots }, list, chunks / countIds.workgroup);
    const perLane = Math.ceil(slots.size / scanCounts.workgroup);
    run(scanCounts, { slots }, { length: slots.size, perLane }, 1);
    run(placeIds, { ids, slots, order }, list, chunks / placeIds.workgroup);
    const { unit, variant } = layoutOf(weight);
    const kernel = sumKernels[variant];
    using scope = device.scope();
    for (const { first, part } of rowBlocks(dweight)) {
      const count = part.size / unit;
      const uniforms = {
        count,
        width: (weight.shape[1] ?? 0) / unit,
        positions: ids.size,
        firstRow: first,
      };
      run(kernel, { dy, slots, order, dweight: part }, uniforms, Math.ceil(count / kernel.workgroup));
    }
    slots.dispose();
    order.dispose();
    return { weight: scope.keep(cast(dweight, isFloat(weight.dtype) ? weight.dtype : "f32")) };
  },
});

/** The table in blocks of rows that the device can bind; most are one block. */
function rowBlocks(table: Tensor): { first: number; rows: number; part: Tensor }[] {
  const [vocabulary = 0, dim = 0] = table.shape;
  if (table.bytes <= table.device.maxBindingBytes) return [{ first: 0, rows: vocabulary, part: table }];
  const most = elementsAtOnce(table.device, dim) / dim;
  if (most === 0) return [{ first: 0, rows: vocabulary, part: table }]; // binding it says what is too large
  return Array.from({ length: Math.ceil(vocabulary / most) }, (_, i) => {
    const first = i * most;
    const rows = Math.min(most, vocabulary - first);
    return { first, rows, part: table.range(first * dim, [rows, dim]) };
  });
}

/** Rows whose length is a multiple of four are read as vec4. */
function layoutOf(weight: Tensor): { unit: number; variant: "quads" | "scalars" } {
  const quads = (weight.shape[1] ?? 0) % 4 === 0;
  return { unit: quads ? 4 : 1, variant: quads ? "quads" : "scalars" };
}

/**
 * Gathers rows of a table. An id that is no row gives a row of zeros and takes no part in the gradient.
 *
 * @param weight [V, D] f32 or f16, whose gradient is summed in f32
 * @param ids    [...] i32
 * @returns      [..., D] of the weight's dtype
 * @throws ShapeError if the weight is not [V, D] or the ids are not i32
 *
 * Numerics: exact. Gradients: weight, as a sum over the positions of each id in their order, so it repeats bit for
 * bit. The positions are sorted by counting in 64 chunks, without atomics: V·64 counters and N positions of memory,
 * N·D reads of dy.
 */
export function embedding(weight: Tensor, ids: Tensor): Tensor {
  return embeddingOp({ weight, ids }, {});
}
