/** @file DeLong's test of two correlated AUCs, for samples that come in subjects. */

import { groupBy } from "../groupBy.ts";
import { MetricError } from "../metricError.ts";
import type { ScoredSample } from "../scoredSample.ts";
import { alignRuns } from "./pairedRuns.ts";

/** AUCs of two methods on the same samples and the test of their difference. */
export interface DelongTest {
  readonly aucFirst: number;
  readonly aucSecond: number;
  /** First minus second. */
  readonly difference: number;
  /** Of the difference. */
  readonly standardError: number;
  /** Two-sided, normal; `null` where the standard error is 0. */
  readonly p: number | null;
  readonly subjects: number;
}

/**
 * Compares the AUCs of two methods.
 *
 * DeLong, DeLong and Clarke-Pearson 1988 (Biometrics 44) take every sample for independent. Frames and videos of one
 * subject are not, so the structural components are summed within subjects first: Obuchowski 1997 (Biometrics 53),
 * equation 4. With one sample a subject it is DeLong's test.
 *
 * @throws MetricError if the methods were scored on different samples, a class is empty, or a class has one subject
 */
export function delongTest(first: readonly ScoredSample[], second: readonly ScoredSample[]): DelongTest {
  const [a, b] = alignRuns([first, second]) as [ScoredSample[], ScoredSample[]];
  const [one, other] = [components(a), components(b)];
  const subjects = [...groupBy(a.keys(), (index) => a[index]!.subject).values()];
  const isLive = (index: number) => a[index]!.label === "live";
  const live = a.filter((sample) => sample.label === "live").length;
  const spoof = a.length - live;
  const difference = one.auc - other.auc;
  let [liveSquares, spoofSquares, products, liveSubjects, spoofSubjects] = [0, 0, 0, 0, 0];
  for (const indices of subjects) {
    let [liveSum, spoofSum] = [0, 0];
    for (const index of indices) {
      const centred = one.values[index]! - other.values[index]! - difference;
      if (isLive(index)) liveSum += centred;
      else spoofSum += centred;
    }
    if (indices.some(isLive)) liveSubjects++;
    if (!indices.every(isLive)) spoofSubjects++;
    liveSquares += liveSum ** 2;
    spoofSquares += spoofSum ** 2;
    products += liveSum * spoofSum;
  }
  if (liveSubjects < 2 || spoofSubjects < 2) {
    throw new MetricError(
      `[delongTest] needs two subjects of each class, got ${liveSubjects} live and ${spoofSubjects} spoof.`,
    );
  }
  const variance =
    (liveSubjects / (liveSubjects - 1)) * (liveSquares / live ** 2) +
    (spoofSubjects / (spoofSubjects - 1)) * (spoofSquares / spoof ** 2) +
    (2 * subjects.length * products) / ((subjects.length - 1) * live * spoof);
  const standardError = Math.sqrt(Math.max(0, variance));
  return {
    aucFirst: one.auc,
    aucSecond: other.auc,
    difference,
    standardError,
    p: standardError === 0 ? null : normalTail(Math.abs(difference) / standardError),
    subjects: subjects.length,
  };
}

// The share of the other class that each sample stands on the right side of, ties one half.
function components(samples: readonly ScoredSample[]): { auc: number; values: number[] } {
  const sorted = (label: string) =>
    Float64Array.from(
      samples.filter((sample) => sample.label === label).map((sample) => sample.score),
    ).toSorted();
  const [live, spoof] = [sorted("live"), sorted("spoof")];
  if (live.length === 0 || spoof.length === 0) {
    throw new MetricError(
      `[delongTest] needs both classes, got ${live.length} live and ${spoof.length} spoof.`,
    );
  }
  const values = samples.map(({ label, score }) => {
    const others = label === "live" ? spoof : live;
    const [under, upTo] = [countBelow(others, score, false), countBelow(others, score, true)];
    const share = (under + upTo) / 2 / others.length;
    return label === "live" ? share : 1 - share;
  });
  const ofLive = values.filter((_, index) => samples[index]!.label === "live");
  return { auc: ofLive.reduce((sum, value) => sum + value, 0) / live.length, values };
}

function countBelow(sorted: Float64Array, score: number, inclusive: boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < score || (inclusive && sorted[middle] === score)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Two-sided tail of the standard normal, erfc(z / √2), by a continued fraction or a series. */
export function normalTail(z: number): number {
  const x = z / Math.SQRT2;
  if (x > 2) {
    // erfc's continued fraction, from its end backward.
    let fraction = 0;
    for (let term = 120; term > 0; term--) fraction = term / 2 / (x + fraction);
    return Math.exp(-x * x) / (Math.sqrt(Math.PI) * (x + fraction));
  }
  let [sum, term] = [x, x];
  for (let n = 1; n < 60; n++) {
    term *= -(x * x) / n;
    sum += term / (2 * n + 1);
  }
  return 1 - (2 / Math.sqrt(Math.PI)) * sum;
}
