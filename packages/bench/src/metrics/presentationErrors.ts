/** @file APCER per attack species, its maximum, and BPCER, in the terms of ISO/IEC 30107-3. */

import { MetricError } from "./metricError.ts";
import type { ScoredSample } from "./scoredSample.ts";

/** Presentation classification errors at one threshold. */
export interface PresentationErrors {
  readonly threshold: number;
  /** Share of the presentations of each species that are accepted as live. */
  readonly apcerByAttack: Readonly<Record<string, number>>;
  /** The worst species, which the standard asks for; `null` without spoof samples. */
  readonly apcerMax: number | null;
  /** Name of the worst species; the first in the alphabet if several are equal. */
  readonly worstAttack: string | null;
  /** Share of bona fide presentations that are rejected; `null` without live samples. */
  readonly bpcer: number | null;
}

/**
 * Computes the errors at a threshold that was fixed beforehand.
 *
 * A pooled APCER hides the worst attack, so none is given.
 *
 * @param threshold P(live) at and above which a sample is accepted
 * @throws MetricError if the threshold or a score is NaN
 */
export function presentationErrors(samples: readonly ScoredSample[], threshold: number): PresentationErrors {
  const accepted = new Map<string, { accepted: number; all: number }>();
  for (const { id, label, attack, score } of samples) {
    if (Number.isNaN(score) || Number.isNaN(threshold)) {
      throw new MetricError(`[presentationErrors] score ${score} of "${id}" at threshold ${threshold}: NaN.`);
    }
    const species = label === "live" ? "" : attack;
    const count = accepted.get(species) ?? { accepted: 0, all: 0 };
    count.all++;
    if (score >= threshold) count.accepted++;
    accepted.set(species, count);
  }
  const live = accepted.get("");
  accepted.delete("");
  const rates = [...accepted]
    .map(([species, count]) => [species, count.accepted / count.all] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const worst = rates.reduce<readonly [string, number] | null>(
    (best, rate) => (best === null || rate[1] > best[1] ? rate : best),
    null,
  );
  return {
    threshold,
    apcerByAttack: Object.fromEntries(rates),
    apcerMax: worst?.[1] ?? null,
    worstAttack: worst?.[0] ?? null,
    bpcer: live ? 1 - live.accepted / live.all : null,
  };
}
