/** @file The loss of models that only judge. */

import { crossEntropy, type Tensor } from "@candor/tensor-core";

/**
 * The weighted sum of the judgments' negative log-likelihoods.
 *
 * @param judgmentLogits [B, 2] f32 or f16 of live and spoof
 * @param labels         [B] i32, 0 for live and 1 for spoof
 * @param weights        [B] f32, 1 / B each for the mean
 * @returns [] f32
 */
export function judgmentCrossEntropy(judgmentLogits: Tensor, labels: Tensor, weights: Tensor): Tensor {
  return crossEntropy(judgmentLogits, labels, weights);
}
