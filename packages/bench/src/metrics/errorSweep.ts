/** @file Both error rates at every threshold that separates two distinct scores. */

import { scoresByClass, type ScoredSample } from "./scoredSample.ts";

/** A threshold that rejects every score in [0, 1]; the value that FLIP's grid ends with. */
export const rejectAll = 1.1;

/** One operating point: a sample is accepted as live if its score is at least `threshold`. */
export interface OperatingPoint {
  readonly threshold: number;
  /** Share of spoof samples that are accepted, the false positive rate with live as the positive class. */
  readonly far: number;
  /** Share of live samples that are rejected. */
  readonly frr: number;
}

/**
 * Walks the threshold from "accept all" (0) to "reject all" (1.1).
 *
 * A threshold lies half-way between two neighbouring distinct scores, so that one which is chosen here and used
 * on other data keeps an equal distance to both.
 *
 * @returns one point more than there are distinct scores; FAR never rises, FRR never falls
 * @throws MetricError if a class is empty or a score is NaN
 */
export function errorSweep(samples: readonly ScoredSample[], metric = "errorSweep"): OperatingPoint[] {
  const { live, spoof } = scoresByClass(samples, metric);
  live.sort();
  spoof.sort();
  const points: OperatingPoint[] = [{ threshold: 0, far: 1, frr: 0 }];
  let rejectedLive = 0;
  let rejectedSpoof = 0;
  while (rejectedLive < live.length || rejectedSpoof < spoof.length) {
    const score = Math.min(live[rejectedLive] ?? Infinity, spoof[rejectedSpoof] ?? Infinity);
    while (live[rejectedLive] === score) rejectedLive++;
    while (spoof[rejectedSpoof] === score) rejectedSpoof++;
    const next = Math.min(live[rejectedLive] ?? Infinity, spoof[rejectedSpoof] ?? Infinity);
    points.push({
      threshold: next === Infinity ? rejectAll : midway(score, next),
      far: 1 - rejectedSpoof / spoof.length,
      frr: rejectedLive / live.length,
    });
  }
  return points;
}

// The middle of two neighbouring doubles rounds to the lower one, which must stay rejected.
function midway(low: number, high: number): number {
  const middle = low + (high - low) / 2;
  return middle > low ? middle : high;
}
