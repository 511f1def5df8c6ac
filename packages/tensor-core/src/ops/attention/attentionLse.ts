/**
 * @file The unit of the logs that the forward pass saves, whichever kernels the two passes take.
 *
 * Kernels that share rows have the log of a row's sum in units of log 2, for exp2; plain kernels have natural logs. What
 * is saved has the unit of the device: that of shared rows where they run, so that a change of choice between the passes
 * changes nothing.
 */

import { runElements } from "../../autograd/defineOp.ts";
import { elementwiseKernel } from "../../kernel/elementwiseKernel.ts";
import { Tensor } from "../../tensor/tensor.ts";

export const attentionLse = elementwiseKernel(
  { label: "attention.lse", inputs: { x: "f32" }, scalars: ["unit"], output: "f32", expression: "x * unit" },
  "y",
);

/** Fills `lse` [B, H, T] by `fill`, which gives natural logs. @param lanes that share rows on the device, or 1 */
export function fillLse(lse: Tensor, lanes: number, fill: (natural: Tensor) => void): void {
  if (lanes === 1) return fill(lse);
  const natural = like(lse);
  fill(natural);
  runElements(attentionLse, { x: natural, y: lse }, { unit: Math.LOG2E });
  natural.dispose();
}

/** Calls `use` with `lse` [B, H, T] in natural logs. */
export function withNaturalLse(lse: Tensor, lanes: number, use: (natural: Tensor) => void): void {
  if (lanes === 1) return use(lse);
  const natural = like(lse);
  runElements(attentionLse, { x: lse, y: natural }, { unit: Math.LN2 });
  use(natural);
  natural.dispose();
}

const like = (lse: Tensor) => Tensor.allocate(lse.device, lse.shape, "f32", "[attention] natural lse");
