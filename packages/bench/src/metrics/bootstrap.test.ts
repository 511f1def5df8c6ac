/** @file Intervals: repeatable, over subjects, blank where they mean nothing. */

import { createRandom, uniform } from "@candor/data";
import { describe, expect, test } from "vitest";
import { auc } from "./auc.ts";
import { bootstrapInterval } from "./bootstrap.ts";
import { samplesOf } from "./fixtures/samples.ts";
import type { ScoredSample } from "./scoredSample.ts";

const random = createRandom(1);
const noisy = samplesOf(
  Array.from({ length: 60 }, () => 0.35 + 0.6 * uniform(random)),
  Array.from({ length: 60 }, () => 0.65 * uniform(random)),
);
const mean = (samples: readonly ScoredSample[]) =>
  samples.reduce((sum, sample) => sum + sample.score, 0) / samples.length;

const interval = (seed: number) => bootstrapInterval(noisy, auc, { resamples: 200, seed });
const width = (samples: readonly ScoredSample[]) => {
  const { low, high } = bootstrapInterval(samples, mean, { resamples: 300, seed: 1 })!;
  return high - low;
};

describe("bootstrapInterval", () => {
  test("the same seed gives the same interval, another seed another", () => {
    expect(interval(7)).toEqual(interval(7));
    expect(interval(7)).not.toEqual(interval(8));
  });

  test("of a mean, has the width of the normal theory", () => {
    const { low, high } = bootstrapInterval(noisy, mean, { resamples: 4000, seed: 3 })!;
    const centre = mean(noisy);
    const variance = noisy.reduce((sum, { score }) => sum + (score - centre) ** 2, 0) / noisy.length;
    const standardError = Math.sqrt(variance / noisy.length);
    expect((high - low) / (2 * 1.96 * standardError)).toBeCloseTo(1, 1);
    expect((high + low) / 2).toBeCloseTo(centre, 2);
  });

  test("is wider over few subjects than over independent samples", () => {
    // Four subjects whose samples agree with each other carry four pieces of information, not 120.
    const grouped = noisy.map((sample, index) => ({
      ...sample,
      subject: `s${index % 4}`,
      score: (sample.score + (index % 4)) / 4,
    }));
    const alone = grouped.map((sample) => ({ ...sample, subject: sample.id }));
    expect(width(grouped)).toBeGreaterThan(2 * width(alone));
  });

  test("leaves out resamples without a class, and is blank when most lack one", () => {
    const few = samplesOf([0.9], [0.1]);
    expect(bootstrapInterval(few, auc, { resamples: 100, seed: 1 })?.resamples ?? 0).toBeLessThan(100);
    const oneSubject = few.map((sample) => ({ ...sample, subject: "s" }));
    expect(bootstrapInterval(oneSubject, auc, { seed: 1 })).toBeNull();
    const lonely = samplesOf(
      [0.9],
      Array.from({ length: 1 }, () => 0.1),
    ).concat();
    expect(bootstrapInterval(lonely.slice(0, 1), auc, { seed: 1 })).toBeNull();
  });

  test("refuses senseless options", () => {
    expect(() => bootstrapInterval(noisy, auc, { resamples: 0, seed: 1 })).toThrow(
      "resamples must be a positive",
    );
    expect(() => bootstrapInterval(noisy, auc, { level: 95, seed: 1 })).toThrow(
      "level must lie between 0 and 1",
    );
  });
});
