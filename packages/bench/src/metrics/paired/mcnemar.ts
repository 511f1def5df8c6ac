/** @file McNemar's exact test of two verdicts on the same samples. */

import { MetricError } from "../metricError.ts";
import type { ScoredSample } from "../scoredSample.ts";
import { alignRuns } from "./pairedRuns.ts";

/** Samples on which exactly one of two methods is right, and what follows. */
export interface McnemarTest {
  readonly firstOnlyRight: number;
  readonly secondOnlyRight: number;
  /** Two-sided, exact binomial; 1 where the methods agree everywhere. */
  readonly p: number;
}

/**
 * Tests whether two methods err equally often, each at its own threshold (McNemar 1947, Psychometrika 12; the exact
 * form is a sign test on the discordant samples).
 *
 * It takes samples for independent: give it videos, not frames, and prefer the bootstrap where subjects have many.
 * Errors of both classes count the same, so the figure follows the larger class.
 *
 * @param thresholds P(live) at and above which each method accepts
 * @throws MetricError if the methods were scored on different samples, or a threshold is NaN
 */
export function mcnemarTest(
  first: readonly ScoredSample[],
  second: readonly ScoredSample[],
  thresholds: readonly [number, number],
): McnemarTest {
  if (thresholds.some(Number.isNaN)) throw new MetricError("[mcnemarTest] a threshold is NaN.");
  const [a, b] = alignRuns([first, second]) as [ScoredSample[], ScoredSample[]];
  let [firstOnlyRight, secondOnlyRight] = [0, 0];
  a.forEach((sample, index) => {
    const firstRight = isRight(sample, thresholds[0]);
    const secondRight = isRight(b[index]!, thresholds[1]);
    if (firstRight && !secondRight) firstOnlyRight++;
    if (!firstRight && secondRight) secondOnlyRight++;
  });
  return { firstOnlyRight, secondOnlyRight, p: signTest(firstOnlyRight, secondOnlyRight) };
}

function isRight({ label, score }: ScoredSample, threshold: number): boolean {
  return score >= threshold === (label === "live");
}

// Twice the tail of Binomial(n, 1/2), in logarithms so that large n does not underflow.
function signTest(a: number, b: number): number {
  const n = a + b;
  let [logChoose, tail] = [0, 0];
  for (let k = 0; k <= Math.min(a, b); k++) {
    if (k > 0) logChoose += Math.log((n - k + 1) / k);
    tail += Math.exp(logChoose - n * Math.LN2);
  }
  return Math.min(1, 2 * tail);
}
