/** @file Difference of a figure between two methods, paired over subjects and averaged over seeds. */

import type { BootstrapOptions, Interval } from "../bootstrap.ts";
import { mean } from "../mean.ts";
import type { ScoredSample } from "../scoredSample.ts";
import { alignRuns } from "./pairedRuns.ts";
import { percentileInterval, subjectBootstrap, type DomainRuns } from "./subjectBootstrap.ts";

/** A difference, first method minus second. */
export interface PairedDifference {
  readonly difference: number;
  /** `null` where the bootstrap has too few subjects. */
  readonly interval: Interval | null;
  /** Two-sided p of "no difference", by the bootstrap; `null` with the interval. */
  readonly p: number | null;
}

/** One domain as two methods scored it: a list of samples a seed. */
export interface PairedDomain {
  readonly first: DomainRuns;
  readonly second: DomainRuns;
}

/**
 * Compares two methods by a figure, averaged over seeds and then over domains.
 *
 * The p-value is twice the smaller share of the resampled differences on either side of zero, zero itself counting
 * for both, with one added to both counts (Davison and Hinkley, "Bootstrap Methods", 1997, section 4.4), so it is
 * never 0.
 *
 * @param domains at least one; the seeds of the two methods need not be as many
 * @param metric such as `auc`
 * @throws MetricError if the methods were scored on different samples
 */
export function pairedDifference(
  domains: readonly PairedDomain[],
  metric: (samples: readonly ScoredSample[]) => number,
  options: BootstrapOptions,
): PairedDifference {
  const aligned = domains.map(({ first, second }) => ({
    runs: alignRuns([...first, ...second]),
    cut: first.length,
  }));
  const figure = (resampled: readonly DomainRuns[]): number =>
    mean(
      resampled.map((runs, domain) => {
        const { cut } = aligned[domain]!;
        const values = runs.map(metric);
        return mean(values.slice(0, cut)) - mean(values.slice(cut));
      }),
    );
  const runs = aligned.map((domain) => domain.runs);
  const drawn = subjectBootstrap(runs, figure, options);
  const difference = figure(runs);
  if (!drawn) return { difference, interval: null, p: null };
  // Equal methods differ by rounding alone.
  const below = drawn.values.filter((value) => value <= 1e-12).length;
  const above = drawn.values.filter((value) => value >= -1e-12).length;
  return {
    difference,
    interval: percentileInterval(drawn, options.level),
    p: Math.min(1, (2 * (Math.min(below, above) + 1)) / (drawn.values.length + 1)),
  };
}
