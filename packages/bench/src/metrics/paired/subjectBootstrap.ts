/** @file Bootstrap of a figure that is made of several runs and several domains, over subjects. */

import { below, createRandom } from "@candor/data";
import type { Interval, BootstrapOptions } from "../bootstrap.ts";
import { groupBy } from "../groupBy.ts";
import { MetricError } from "../metricError.ts";
import { quantile } from "../quantile.ts";
import type { ScoredSample } from "../scoredSample.ts";

/** The samples of one domain as several runs scored them: [run][sample], in the same order. */
export type DomainRuns = readonly (readonly ScoredSample[])[];

/** Values of the figure on the resamples that held both classes in every domain. */
export interface BootstrapValues {
  readonly values: readonly number[];
  /** Distinct subjects over all domains. */
  readonly subjects: number;
}

/**
 * Draws the subjects of each domain with replacement, the same ones for every run, and computes the figure.
 *
 * Runs are compared on the same draw, so what makes a draw easy or hard cancels out of their difference. Efron and
 * Tibshirani, "An Introduction to the Bootstrap", 1993, chapters 8 and 16.
 *
 * @param domains aligned runs of each domain
 * @param figure of the resampled domains
 * @returns `null` if a domain has fewer than two subjects or half of the resamples lack a class
 * @throws MetricError if `resamples` is no positive integer
 */
export function subjectBootstrap(
  domains: readonly DomainRuns[],
  figure: (resampled: readonly DomainRuns[]) => number,
  options: Pick<BootstrapOptions, "resamples" | "seed">,
): BootstrapValues | null {
  const { resamples = 1000, seed } = options;
  if (!Number.isInteger(resamples) || resamples < 1) {
    throw new MetricError(`[subjectBootstrap] resamples must be a positive integer, got ${resamples}.`);
  }
  const subjects = domains.map((runs) => {
    const first = runs[0] ?? [];
    return [...groupBy(first.keys(), (index) => first[index]!.subject).values()];
  });
  if (subjects.length === 0 || subjects.some((groups) => groups.length < 2)) return null;
  const random = createRandom(seed);
  const values: number[] = [];
  for (let draw = 0; draw < resamples; draw++) {
    const resampled = domains.map((runs, domain) => {
      const groups = subjects[domain]!;
      const indices = groups.flatMap(() => groups[below(random, groups.length)]!);
      return runs.map((run) => indices.map((index) => run[index]!));
    });
    if (resampled.every((runs) => hasBothClasses(runs[0]!))) values.push(figure(resampled));
  }
  if (values.length * 2 < resamples) return null;
  return { values, subjects: subjects.reduce((sum, groups) => sum + groups.length, 0) };
}

/** The percentile interval of bootstrap values. */
export function percentileInterval({ values, subjects }: BootstrapValues, level = 0.95): Interval {
  const sorted = values.toSorted((a, b) => a - b);
  const tail = (1 - level) / 2;
  return {
    low: quantile(sorted, tail),
    high: quantile(sorted, 1 - tail),
    level,
    subjects,
    resamples: values.length,
  };
}

function hasBothClasses(samples: readonly ScoredSample[]): boolean {
  const live = samples.filter((sample) => sample.label === "live").length;
  return live > 0 && live < samples.length;
}
