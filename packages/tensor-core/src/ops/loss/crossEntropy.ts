/** @file Softmax cross-entropy with a weight a row. */

import { defineOp, recordByRows, run } from "../../autograd/defineOp.ts";
import { freeAfter } from "../../autograd/tape.ts";
import { isFloat } from "../../tensor/dtype.ts";
import { ShapeError, showShape } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { cast } from "../layout/cast.ts";
import { rowLayout } from "../normalize/rowLayout.ts";
import { sum } from "../reduce/sum.ts";
import { crossEntropyBackward, crossEntropyForward } from "./crossEntropy.wgsl.ts";

const rowLosses = defineOp<
  { logits: Tensor; targets: Tensor; weights: Tensor },
  "peaks",
  object,
  "logits" | "targets" | "weights" | "peaks"
>({
  name: "crossEntropy",
  shape: ({ logits, targets, weights }) => {
    if (logits.rank !== 2 || !isFloat(logits.dtype)) {
      throw new ShapeError(
        `[crossEntropy] logits must be [N, V] f32 or f16, got ${showShape(logits.shape)} ${logits.dtype}`,
      );
    }
    const [rows = 0, classes = 0] = logits.shape;
    if (classes === 0) throw new ShapeError("[crossEntropy] logits must have at least one class");
    for (const [name, t, dtype] of [
      ["targets", targets, "i32"],
      ["weights", weights, "f32"],
    ] as const) {
      if (t.rank !== 1 || t.shape[0] !== rows || t.dtype !== dtype) {
        throw new ShapeError(
          `[crossEntropy] ${name} must be [${rows}] ${dtype}, got ${showShape(t.shape)} ${t.dtype}`,
        );
      }
    }
    return { y: { shape: [rows], dtype: "f32" }, peaks: { shape: [rows, 2], dtype: "f32" } };
  },
  forward: ({ logits, targets, weights, y, peaks }) => {
    const { variant, rows, items, dim } = rowLayout(logits);
    recordByRows({ logits, targets, weights, y, peaks }, rows, (part, count) =>
      run(crossEntropyForward(variant), part, { rows: count, items, classes: dim, nan: Number.NaN }, count),
    );
  },
  save: ["logits", "targets", "weights", "peaks"],
  gradient: ({ logits, targets, weights, peaks }, dy) => {
    const dlogits = Tensor.allocate(logits.device, logits.shape, logits.dtype, "[crossEntropy] dlogits");
    const { variant, rows, items } = rowLayout(logits);
    recordByRows({ logits, targets, weights, peaks, dy, dlogits }, rows, (part, count) =>
      run(crossEntropyBackward(variant), part, { rows: count, items }, count),
    );
    return { logits: dlogits };
  },
});

/**
 * The weighted negative log-likelihood of the targets:
 *
 *     loss = Σ_i weights_i · (log Σ_v e^logits_iv − logits_i,target_i)
 *
 * A row of weight 0 counts nothing, whatever its target and logits are: padding. A target that is no class makes the
 * loss NaN where the weight is not 0.
 *
 * @param logits  [N, V] f32 or f16
 * @param targets [N] i32, 0 to V - 1
 * @param weights [N] f32; 1 / N each gives the mean
 * @returns       [] f32
 * @throws ShapeError if a shape or a dtype differs
 *
 * Numerics: exponentials of differences from the row's largest logit; depth V / 4 per lane of the row's workgroup, then the sum over N. The
 * probabilities are never stored. f16 is read as it is stored where V is a multiple of four, else cast; the arithmetic is
 * f32. Gradients: logits, in their dtype.
 */
export function crossEntropy(logits: Tensor, targets: Tensor, weights: Tensor): Tensor {
  // Rows of f16 that are no whole quads may share a word.
  const torn = logits.dtype === "f16" && logits.rank === 2 && (logits.shape[1] ?? 0) % 4 > 0;
  return freeAfter(logits.device, () =>
    sum(rowLosses({ logits: torn ? cast(logits, "f32") : logits, targets, weights }, {})),
  );
}
