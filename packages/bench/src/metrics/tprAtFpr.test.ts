/** @file TPR at a bounded FPR, in both conventions. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { samplesOf, twoClasses } from "./fixtures/samples.ts";
import { tprAtFpr } from "./tprAtFpr.ts";

function naive(positives: readonly number[], negatives: readonly number[], maxFpr: number): number {
  let best = 0;
  for (const threshold of [...positives, ...negatives, 2]) {
    const fpr = negatives.filter((score) => score >= threshold).length / negatives.length;
    const tpr = positives.filter((score) => score >= threshold).length / positives.length;
    if (fpr <= maxFpr) best = Math.max(best, tpr);
  }
  return best;
}

const negated = (scores: readonly number[]) => scores.map((score) => -score);

describe("tprAtFpr", () => {
  test("equals a naive sweep in both conventions", () => {
    fc.assert(
      fc.property(twoClasses, fc.constantFrom(0, 0.01, 0.1, 0.5), ({ live, spoof }, maxFpr) => {
        const samples = samplesOf(live, spoof);
        expect(tprAtFpr(samples, { maxFpr })).toBeCloseTo(naive(live, spoof, maxFpr), 12);
        expect(tprAtFpr(samples, { maxFpr, positive: "spoof" })).toBeCloseTo(
          naive(negated(spoof), negated(live), maxFpr),
          12,
        );
      }),
    );
  });

  test("one accepted spoof in a hundred is exactly 1 % and allowed", () => {
    const spoof = Array.from({ length: 100 }, (_, index) => index / 1000);
    spoof[99] = 0.9;
    expect(tprAtFpr(samplesOf([0.8, 0.95], spoof))).toBe(1);
    expect(tprAtFpr(samplesOf([0.8, 0.95], spoof), { maxFpr: 0.009 })).toBe(0.5);
  });

  test("the two conventions differ on the same scores", () => {
    const samples = samplesOf([0.1, 0.9, 0.9, 0.9], [0.05, 0.2]);
    expect(tprAtFpr(samples)).toBe(0.75);
    expect(tprAtFpr(samples, { positive: "spoof" })).toBe(0.5);
  });

  test("refuses a rate that is no share", () => {
    expect(() => tprAtFpr(samplesOf([1], [0]), { maxFpr: 1 / 0 })).toThrow(
      "[tprAtFpr] maxFpr must lie in [0, 1]",
    );
  });
});
