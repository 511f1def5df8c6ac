/** @file Token weights of I-FAS's lopsided language-model loss and of its ablation. */

/**
 * The weights that make L-LM a weighted cross-entropy: L = sum of weight * negative log likelihood
 * (I-FAS, arXiv 2501.01720: L = alpha * L_Judgment + (1 - alpha) * L_Interpretation).
 *
 * Each segment is a mean over its own tokens in the whole batch, not a mean of each sample's mean: our choice, as the
 * paper does not say. A batch with both segments has weights that sum to 1, so a loss that divides by the sum of its
 * weights gives the same value. A segment without any token adds nothing.
 * @param alpha the judgment's part, in [0, 1]; 0.7 works best in the paper
 * @param judgmentMask Float32Array [B, T], 1 where the target is the judgment
 * @param interpretationMask Float32Array [B, T], 1 where the target belongs to the interpretation
 * @returns Float32Array [B, T]
 * @throws RangeError if alpha is outside [0, 1] or the masks' lengths differ
 */
export function lopsidedWeights(
  alpha: number,
  judgmentMask: Float32Array,
  interpretationMask: Float32Array,
): Float32Array {
  if (!(alpha >= 0 && alpha <= 1))
    throw new RangeError(`[lopsidedWeights] alpha must be in [0, 1], got ${alpha}`);
  checkLengths("lopsidedWeights", judgmentMask, interpretationMask);
  const judgment = alpha / Math.max(total(judgmentMask), 1);
  const interpretation = (1 - alpha) / Math.max(total(interpretationMask), 1);
  return judgmentMask.map(
    (value, i) => value * judgment + (interpretationMask[i] as number) * interpretation,
  );
}

/**
 * The weights of the plain language-model loss, L-LM's ablation: the mean over all answer tokens of the batch.
 * @param judgmentMask Float32Array [B, T]
 * @param interpretationMask Float32Array [B, T]
 * @returns Float32Array [B, T] that sums to 1
 * @throws RangeError if the masks' lengths differ
 */
export function plainWeights(judgmentMask: Float32Array, interpretationMask: Float32Array): Float32Array {
  checkLengths("plainWeights", judgmentMask, interpretationMask);
  const each = 1 / Math.max(total(judgmentMask) + total(interpretationMask), 1);
  return judgmentMask.map((value, i) => (value + (interpretationMask[i] as number)) * each);
}

function total(mask: Float32Array): number {
  return mask.reduce((sum, value) => sum + value, 0);
}

function checkLengths(caller: string, judgment: Float32Array, interpretation: Float32Array): void {
  if (judgment.length === interpretation.length) return;
  throw new RangeError(
    `[${caller}] both masks must be [B, T], got ${judgment.length} and ${interpretation.length} numbers`,
  );
}
