/** @file Half total error rate: the literature's, FLIP's grid, and at a given threshold. */

import { eerOperatingPoint } from "./equalErrorRate.ts";
import type { OperatingPoint } from "./errorSweep.ts";
import { MetricError } from "./metricError.ts";
import { scoresByClass, type ScoredSample } from "./scoredSample.ts";

/** An operating point with its half total error rate, (FAR + FRR) / 2. */
export interface Hter extends OperatingPoint {
  readonly hter: number;
}

/**
 * HTER as the literature reports it: the threshold is taken **on the samples themselves**, where |FAR − FRR| is
 * smallest (ties: the higher threshold). It therefore lies near the EER and cannot be reached in deployment.
 *
 * @throws MetricError if a class is empty or a score is NaN
 */
export function hterLiterature(samples: readonly ScoredSample[]): Hter {
  const point = eerOperatingPoint(samples, "hterLiterature");
  return { ...point, hter: (point.far + point.frr) / 2 };
}

/**
 * HTER at a threshold that was fixed elsewhere, such as on the source's development split.
 *
 * @param threshold P(live) at and above which a sample is accepted
 * @throws MetricError if the threshold or a score is NaN, or a class is empty
 */
export function hterAt(samples: readonly ScoredSample[], threshold: number): Hter {
  if (Number.isNaN(threshold)) throw new MetricError("[hterAt] the threshold is NaN.");
  const { live, spoof } = scoresByClass(samples, "hterAt");
  const far = spoof.filter((score) => score >= threshold).length / spoof.length;
  const frr = live.filter((score) => score < threshold).length / live.length;
  return { threshold, far, frr, hter: (far + frr) / 2 };
}

const gridSteps = 10_000;

/**
 * HTER exactly as FLIP, SSDG and their descendants compute it (`utils/statistic.py`): 10,001 grid points on
 * [0, 1] and 1.1, the last of those with the smallest |FAR − FRR|.
 *
 * It differs from {@link hterLiterature} where scores lie closer together than 1e-4, and where two operating points
 * are equally near: here, as there, the last bit of the shares then decides.
 *
 * @throws MetricError if a class is empty or a score is NaN
 */
export function hterFlipGrid(samples: readonly ScoredSample[]): Hter {
  const { live, spoof } = scoresByClass(samples, "hterFlipGrid");
  live.sort();
  spoof.sort();
  let best: OperatingPoint | undefined;
  let leastDistance = 1;
  let rejectedLive = 0;
  let rejectedSpoof = 0;
  for (let step = 0; step <= gridSteps + 1; step++) {
    const threshold = step > gridSteps ? 1.1 : step / gridSteps;
    while (rejectedLive < live.length && live[rejectedLive]! < threshold) rejectedLive++;
    while (rejectedSpoof < spoof.length && spoof[rejectedSpoof]! < threshold) rejectedSpoof++;
    const far = (spoof.length - rejectedSpoof) / spoof.length;
    const frr = rejectedLive / live.length;
    const distance = Math.abs(frr - far);
    if (distance <= leastDistance) {
      leastDistance = distance;
      best = { threshold, far, frr };
    }
  }
  return { ...best!, hter: (best!.far + best!.frr) / 2 };
}
