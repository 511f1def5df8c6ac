/** @file Equal error rate, and the threshold nearest to it. */

import { errorSweep, type OperatingPoint } from "./errorSweep.ts";
import type { ScoredSample } from "./scoredSample.ts";

/**
 * Error rate at which FAR and FRR meet, linear between the two operating points around the crossing.
 *
 * @returns a share in [0, 1]
 * @throws MetricError if a class is empty or a score is NaN
 */
export function equalErrorRate(samples: readonly ScoredSample[]): number {
  const points = errorSweep(samples, "equalErrorRate");
  const after = points.findIndex(({ far, frr }) => far <= frr);
  const low = points[after - 1]!;
  const high = points[after]!;
  const gapLow = low.far - low.frr;
  const gapHigh = high.frr - high.far;
  return low.far + ((high.far - low.far) * gapLow) / (gapLow + gapHigh);
}

/**
 * The operating point with the smallest |FAR − FRR|; of two equally near ones the higher threshold, as FLIP's
 * "last of the grid" does.
 *
 * @throws MetricError if a class is empty or a score is NaN
 */
export function eerOperatingPoint(samples: readonly ScoredSample[], metric = "eer"): OperatingPoint {
  // The shares are fractions of unlike denominators: equal distances may differ in the last bit.
  return errorSweep(samples, metric).reduce((best, point) =>
    distance(point) <= distance(best) + 1e-12 ? point : best,
  );
}

/**
 * The deployable threshold: chosen on the development split of the source, never on the target.
 *
 * @returns P(live) at and above which a sample is accepted; half-way between the scores around the crossing
 * @throws MetricError if a class is empty or a score is NaN
 */
export function thresholdAtEer(devSamples: readonly ScoredSample[]): number {
  return eerOperatingPoint(devSamples, "thresholdAtEer").threshold;
}

function distance({ far, frr }: OperatingPoint): number {
  return Math.abs(far - frr);
}
