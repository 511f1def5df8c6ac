/** @file The ROC curve as scikit-learn's `roc_curve` returns it, dropped points included. */

import { scoresByClass, type ScoredSample } from "../scoredSample.ts";

/** A corner of the curve; live is the positive class. */
export interface RocPoint {
  /** P(live) at and above which a sample counts as live. */
  readonly threshold: number;
  readonly fpr: number;
  readonly tpr: number;
}

/**
 * Walks the threshold from above the highest score down, as `sklearn.metrics.roc_curve` does by default.
 *
 * By default (`drop_intermediate`) it leaves out points whose counts continue the step before them. Where scores
 * are tied that also leaves out points that lie inside a slanted piece, and published figures are read off what
 * stays: hence this curve beside `errorSweep`.
 *
 * @returns from (0, 0) to (1, 1)
 * @throws MetricError if a class is empty or a score is NaN
 */
export function rocCurve(samples: readonly ScoredSample[], metric = "rocCurve"): RocPoint[] {
  const { live, spoof } = scoresByClass(samples, metric);
  const counts = countsByThreshold(live, spoof);
  const kept = counts.filter(({ tps, fps }, index) => {
    const [before, after] = [counts[index - 1], counts[index + 1]];
    if (!before || !after) return true;
    return after.fps - fps !== fps - before.fps || after.tps - tps !== tps - before.tps;
  });
  return [
    { threshold: kept[0]!.threshold + 1, fpr: 0, tpr: 0 },
    ...kept.map(({ threshold, fps, tps }) => ({
      threshold,
      fpr: fps / spoof.length,
      tpr: tps / live.length,
    })),
  ];
}

interface Counts {
  readonly threshold: number;
  readonly tps: number;
  readonly fps: number;
}

// How many live and spoof scores stand at or above each distinct score, from the highest down.
function countsByThreshold(live: Float64Array, spoof: Float64Array): Counts[] {
  const [liveDown, spoofDown] = [live, spoof].map((scores) => scores.toSorted((a, b) => b - a)) as [
    Float64Array,
    Float64Array,
  ];
  const counts: Counts[] = [];
  let [tps, fps] = [0, 0];
  while (tps < liveDown.length || fps < spoofDown.length) {
    const threshold = Math.max(liveDown[tps] ?? -Infinity, spoofDown[fps] ?? -Infinity);
    while (liveDown[tps] === threshold) tps++;
    while (spoofDown[fps] === threshold) fps++;
    counts.push({ threshold, tps, fps });
  }
  return counts;
}

/** Area under the corners by trapezia, as `sklearn.metrics.auc`. */
export function areaUnder(points: readonly RocPoint[]): number {
  return points.slice(1).reduce((area, point, index) => {
    const before = points[index]!;
    return area + ((point.fpr - before.fpr) * (point.tpr + before.tpr)) / 2;
  }, 0);
}
