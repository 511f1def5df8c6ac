/** @file What every anti-spoofing model can do: judge images. */

import { type Module, slice, softmax, type Tensor, reshape } from "@candor/tensor-core";

// B batch, S image side

/** A model that tells live faces from spoofs in one forward pass. */
export interface Judge extends Module {
  /**
   * @param images [B, 3, S, S] f32, normalised as in training
   * @returns [B, 2] f32, the logits of live and of spoof
   */
  judgmentLogits(images: Tensor): Tensor;
}

/**
 * P(live), the score that benchmarks read: softmax over the two judgment logits.
 *
 * @param judgmentLogits [B, 2] f32 of live and spoof
 * @returns [B] f32
 */
export function liveProbability(judgmentLogits: Tensor): Tensor {
  return reshape(slice(softmax(judgmentLogits), 1, 0, 1), [-1]); // [B, 2] -> [B, 1] -> [B]
}
