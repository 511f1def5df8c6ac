/** @file Area under the ROC curve. */

import { errorSweep } from "./errorSweep.ts";
import type { ScoredSample } from "./scoredSample.ts";

/**
 * Probability that a live sample scores above a spoof sample, a tie counting one half (Mann-Whitney).
 *
 * The same number for either positive class.
 *
 * @returns a share in [0, 1]
 * @throws MetricError if a class is empty or a score is NaN
 */
export function auc(samples: readonly ScoredSample[]): number {
  let area = 0;
  let previous: { far: number; frr: number } | undefined;
  for (const point of errorSweep(samples, "auc")) {
    // Tied scores make a slanted piece, whose trapezium is what counting ties by one half gives.
    if (previous) area += (previous.far - point.far) * (1 - (previous.frr + point.frr) / 2);
    previous = point;
  }
  return area;
}
