/** @file Rows of a table, chosen by ids. */

import { defineOp, recordByRows, run } from "../../autograd/defineOp.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { isFloat } from "../../tensor/dtype.ts";
import { ShapeError, showShape } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { cast, castInto } from "../layout/cast.ts";
import { copyUnit } from "../layout/copyUnit.ts";
import { embeddingForward } from "./embedding.wgsl.ts";
import { rowBlocks } from "./rowBlocks.ts";
import { sumByIds } from "./sumByIds.ts";

const forwardKernel = byVariant(embeddingForward);

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
    using scope = weight.device.scope();
    const dweight = Tensor.allocate(weight.device, weight.shape, "f32", "[embedding] dweight");
    sumByIds(ids, cast(upstream, "f32"), dweight);
    return { weight: scope.keep(cast(dweight, isFloat(weight.dtype) ? weight.dtype : "f32")) };
  },
});

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
