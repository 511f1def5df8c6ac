/** @file I-FAS's lopsided language-model loss (L-LM) and the plain one, as weights of a cross-entropy. */

import { crossEntropy, reshape, ShapeError, showShape, type Tensor } from "@candor/tensor-core";

// B batch, T answer positions, V vocabulary

/**
 * Token weights of L = alpha * L_Judgment + (1 - alpha) * L_Interpretation. I-FAS, arXiv:2501.01720.
 *
 * Each segment is a mean over its own tokens in the whole batch: our choice, as the paper does not say. A segment
 * without tokens adds nothing.
 *
 * @param alpha              the judgment's part, in [0, 1]; 0.7 works best in the paper
 * @param judgmentMask       [B * T], 1 where the target is the judgment
 * @param interpretationMask [B * T], 1 where the target belongs to the interpretation
 * @returns [B * T] weights for {@link answerLoss}
 * @throws RangeError if alpha is outside [0, 1] or the masks' lengths differ
 */
export function lopsidedWeights(
  alpha: number,
  judgmentMask: Float32Array,
  interpretationMask: Float32Array,
): Float32Array {
  if (!(alpha >= 0 && alpha <= 1)) {
    throw new RangeError(`[lopsidedWeights] alpha must be in [0, 1], got ${alpha}`);
  }
  checkLengths("lopsidedWeights", judgmentMask, interpretationMask);
  const judgment = alpha / Math.max(total(judgmentMask), 1);
  const interpretation = (1 - alpha) / Math.max(total(interpretationMask), 1);
  return judgmentMask.map((value, i) => value * judgment + (interpretationMask[i] ?? 0) * interpretation);
}

/**
 * Token weights of the plain language-model loss, L-LM's ablation: the mean over all answer tokens of the batch.
 *
 * @param judgmentMask       [B * T]
 * @param interpretationMask [B * T]
 * @returns [B * T] weights for {@link answerLoss}
 * @throws RangeError if the masks' lengths differ
 */
export function plainWeights(judgmentMask: Float32Array, interpretationMask: Float32Array): Float32Array {
  checkLengths("plainWeights", judgmentMask, interpretationMask);
  const each = 1 / Math.max(total(judgmentMask) + total(interpretationMask), 1);
  return judgmentMask.map((value, i) => (value + (interpretationMask[i] ?? 0)) * each);
}

/**
 * The weighted sum of the answer tokens' negative log-likelihoods: L-LM with {@link lopsidedWeights}, the plain loss
 * with {@link plainWeights}.
 *
 * @param logits  [B, T, V] f32 or f16
 * @param targets [B, T] i32
 * @param weights [B, T] f32, 0 at padding
 * @returns [] f32
 * @throws ShapeError if the shapes do not agree
 */
export function answerLoss(logits: Tensor, targets: Tensor, weights: Tensor): Tensor {
  const positions = showShape(logits.shape.slice(0, -1));
  for (const [name, { shape }] of Object.entries({ targets, weights })) {
    if (logits.rank !== 3 || showShape(shape) !== positions) {
      throw new ShapeError(
        `[answerLoss] ${name} must be [B, T] beside logits [B, T, V], got ${showShape(shape)} beside ${showShape(logits.shape)}`,
      );
    }
  }
  const flat = reshape(logits, [-1, logits.shape[2] ?? 0]); // [B, T, V] -> [B * T, V]
  return crossEntropy(flat, reshape(targets, [-1]), reshape(weights, [-1]));
}

function total(mask: Float32Array): number {
  return mask.reduce((sum, value) => sum + value, 0);
}

function checkLengths(caller: string, judgment: Float32Array, interpretation: Float32Array): void {
  if (judgment.length === interpretation.length) return;
  throw new RangeError(
    `[${caller}] both masks must have B * T numbers, got ${judgment.length} and ${interpretation.length}`,
  );
}
