/** @file Paired tests: what they find, what they do not, and what they refuse. */

import { createRandom, uniform } from "@candor/data";
import { describe, expect, test } from "vitest";
import { auc } from "../auc.ts";
import { samplesOf } from "../fixtures/samples.ts";
import type { ScoredSample } from "../scoredSample.ts";
import { delongTest, normalTail } from "./delong.ts";
import { mcnemarTest } from "./mcnemar.ts";
import { pairedDifference } from "./pairedDifference.ts";

const random = createRandom(11);
const hard = Array.from({ length: 60 }, () => uniform(random));
// Each sample has a hardness of its own that both methods share; the better one separates by more.
function method(separation: number, noise: number): ScoredSample[] {
  const state = createRandom(5, Math.round(separation * 100));
  const scored = samplesOf(hard, hard).map((sample) => ({
    ...sample,
    score: Math.min(
      1,
      Math.max(
        0,
        0.7 * sample.score + (sample.label === "live" ? separation : 0) + noise * (uniform(state) - 0.5),
      ),
    ),
  }));
  return scored;
}
const [good, poor] = [method(0.3, 0.1), method(0.15, 0.1)];
const alone = (samples: ScoredSample[]) => samples.map((sample) => ({ ...sample, subject: "s" }));
const options = { resamples: 300, seed: 2 };

describe("pairedDifference", () => {
  test("finds a difference that the two intervals alone would hide", () => {
    const { difference, interval, p } = pairedDifference([{ first: [good], second: [poor] }], auc, options);
    expect(difference).toBeCloseTo(auc(good) - auc(poor), 12);
    expect(interval!.low).toBeGreaterThan(0);
    expect(p).toBeLessThan(0.02);
    expect(pairedDifference([{ first: [good], second: [poor] }], auc, options)).toEqual({
      difference,
      interval,
      p,
    });
  });

  test("finds none between a method and itself, whatever the order of its samples", () => {
    const pair = { first: [good], second: [good.toReversed()] };
    const result = pairedDifference([pair], auc, options);
    expect(result.difference).toBeCloseTo(0, 12);
    expect(result.p).toBe(1);
  });

  test("averages over seeds and domains", () => {
    const domains = [
      { first: [good, poor], second: [poor] },
      { first: [poor], second: [poor] },
    ];
    expect(pairedDifference(domains, auc, options).difference).toBeCloseTo((auc(good) - auc(poor)) / 4, 12);
  });

  test("is blank with one subject and refuses other samples", () => {
    const lonely = pairedDifference([{ first: [alone(good)], second: [alone(poor)] }], auc, options);
    expect(lonely).toMatchObject({ interval: null, p: null });
    expect(() => pairedDifference([{ first: [good], second: [poor.slice(1)] }], auc, options)).toThrow(
      "the runs hold 120 and 119 samples",
    );
    const renamed = poor.map((sample, index) => (index === 3 ? { ...sample, id: "other" } : sample));
    expect(() => pairedDifference([{ first: [good], second: [renamed] }], auc, options)).toThrow(
      '"live3" is in one run only',
    );
  });
});

describe("delongTest", () => {
  test("agrees with the bootstrap where every sample is its own subject", () => {
    const { difference, standardError } = delongTest(good, poor);
    const { interval } = pairedDifference([{ first: [good], second: [poor] }], auc, {
      resamples: 2000,
      seed: 1,
    });
    expect(difference).toBeCloseTo(auc(good) - auc(poor), 12);
    expect((interval!.high - interval!.low) / (2 * 1.96 * standardError)).toBeCloseTo(1, 0);
  });

  test("is blank for equal methods and refuses a class of one subject", () => {
    expect(delongTest(good, good)).toMatchObject({ difference: 0, standardError: 0, p: null });
    expect(() => delongTest(alone(good), alone(poor))).toThrow(
      "needs two subjects of each class, got 1 live",
    );
  });

  test.each([
    [0, 1],
    [1.959963984540054, 0.05],
    [2.5758293035489004, 0.01],
    [3.2905267314919255, 0.001],
    [6, 1.9731752900753e-9],
  ])("normal tail of %d", (z, p) => {
    expect(normalTail(z) / p).toBeCloseTo(1, 9);
  });
});

describe("mcnemarTest", () => {
  test("counts the samples on which one method alone is right", () => {
    const [a, b] = [samplesOf([0.9, 0.9, 0.2], [0.1, 0.6]), samplesOf([0.9, 0.4, 0.8], [0.1, 0.3])];
    expect(mcnemarTest(a, b, [0.5, 0.5])).toEqual({ firstOnlyRight: 1, secondOnlyRight: 2, p: 1 });
    expect(mcnemarTest(a, a, [0.5, 0.5]).p).toBe(1);
    expect(() => mcnemarTest(a, b, [0.5, Number.NaN])).toThrow("a threshold is NaN");
  });
});
