/** @file True positive rate at a bounded false positive rate, with the positive class named. */

import { errorSweep } from "./errorSweep.ts";
import { MetricError } from "./metricError.ts";
import type { ScoredSample } from "./scoredSample.ts";

/** The two conventions of the field; their numbers must never be compared with each other. */
export type PositiveClass = "live" | "spoof";

/** Options of {@link tprAtFpr}. */
export interface TprAtFprOptions {
  /** Largest allowed false positive rate; default 0.01. */
  readonly maxFpr?: number;
  /** `"live"` (FLIP, SSDG, InstructFLIP; the default) or `"spoof"` (SSAN, SAFAS, CelebA-Spoof). */
  readonly positive?: PositiveClass;
}

/**
 * The largest true positive rate of any threshold whose false positive rate is at most `maxFpr`; no
 * interpolation, so the figure is one that a threshold really reaches.
 *
 * With `positive: "live"` it is the share of live samples accepted while at most 1 % of the spoofs are; with
 * `positive: "spoof"` the share of spoofs rejected while at most 1 % of the live samples are.
 *
 * @throws MetricError if a class is empty, a score is NaN or `maxFpr` is no share
 */
export function tprAtFpr(samples: readonly ScoredSample[], options: TprAtFprOptions = {}): number {
  const { maxFpr = 0.01, positive = "live" } = options;
  if (!(maxFpr >= 0 && maxFpr <= 1))
    throw new MetricError(`[tprAtFpr] maxFpr must lie in [0, 1], got ${maxFpr}.`);
  let best = 0;
  for (const { far, frr } of errorSweep(samples, "tprAtFpr")) {
    const [fpr, tpr] = positive === "live" ? [far, 1 - frr] : [frr, 1 - far];
    // A share such as 1 / 100 may come out one bit above 0.01.
    if (fpr <= maxFpr + 1e-12) best = Math.max(best, tpr);
  }
  return best;
}
