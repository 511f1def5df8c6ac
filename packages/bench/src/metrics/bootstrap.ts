/** @file Percentile bootstrap intervals over subjects. Efron, "Bootstrap methods", 1979. */

import { below, createRandom } from "@candor/data";
import { groupBy } from "./groupBy.ts";
import { MetricError } from "./metricError.ts";
import { quantile } from "./quantile.ts";
import type { ScoredSample } from "./scoredSample.ts";

/** An interval with what it rests on. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  /** Confidence level, such as 0.95. */
  readonly level: number;
  /** Number of distinct subjects that were drawn from. */
  readonly subjects: number;
  /** Resamples that held both classes and so gave a value. */
  readonly resamples: number;
}

/** Options of {@link bootstrapInterval}. */
export interface BootstrapOptions {
  /** Default 1000. */
  readonly resamples?: number;
  /** Default 0.95. */
  readonly level?: number;
  readonly seed: number;
}

/**
 * Draws whole subjects with replacement, because samples of one subject are not independent.
 *
 * A resample without one of the classes has no value and is left out; `resamples` says how many were used.
 *
 * @param metric a figure of a sample set
 * @returns `null` if fewer than two subjects are there or half of the resamples lack a class
 * @throws MetricError if `resamples` or `level` make no sense
 */
export function bootstrapInterval(
  samples: readonly ScoredSample[],
  metric: (resample: readonly ScoredSample[]) => number,
  options: BootstrapOptions,
): Interval | null {
  const { resamples = 1000, level = 0.95, seed } = options;
  if (!Number.isInteger(resamples) || resamples < 1) {
    throw new MetricError(`[bootstrapInterval] resamples must be a positive integer, got ${resamples}.`);
  }
  if (!(level > 0 && level < 1)) {
    throw new MetricError(`[bootstrapInterval] level must lie between 0 and 1, got ${level}.`);
  }
  const subjects = [...groupBy(samples, (sample) => sample.subject).values()];
  if (subjects.length < 2) return null;
  const random = createRandom(seed);
  const values: number[] = [];
  for (let draw = 0; draw < resamples; draw++) {
    const resample = subjects.flatMap(() => subjects[below(random, subjects.length)]!);
    const live = resample.filter((sample) => sample.label === "live").length;
    if (live > 0 && live < resample.length) values.push(metric(resample));
  }
  if (values.length * 2 < resamples) return null;
  values.sort((a, b) => a - b);
  const tail = (1 - level) / 2;
  return {
    low: quantile(values, tail),
    high: quantile(values, 1 - tail),
    level,
    subjects: subjects.length,
    resamples: values.length,
  };
}
