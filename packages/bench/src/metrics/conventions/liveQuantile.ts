/** @file TPR@FPR with spoof as the positive class: the threshold is an order statistic of the live scores. */

/**
 * Share of the spoofs beyond the k-th most spoof-like live score, k = max(1, ⌊fpr · live⌋), ties not counted.
 *
 * @param live attack scores of live samples: higher means spoof
 * @param spoof attack scores of spoofs
 */
export function tprAtLiveQuantile(live: Float64Array, spoof: Float64Array, fpr: number): number {
  const rank = Math.max(1, Math.trunc(fpr * live.length));
  const threshold = live.toSorted().at(-rank)!;
  return spoof.filter((score) => score > threshold).length / spoof.length;
}
