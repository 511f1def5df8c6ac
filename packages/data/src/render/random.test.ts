/** @file Tests the counter-based random numbers. */

import { describe, expect, it } from "vitest";

import { openRandom } from "./random.ts";

const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

describe("openRandom", () => {
  it("gives the same numbers for the same seed and keys", () => {
    const first = openRandom(7, "a", 3);
    const second = openRandom(7, "a", 3);
    for (let i = 0; i < 5; i++) expect(first.next()).toBe(second.next());
  });

  it("gives other numbers for another seed, name or number", () => {
    const first = [
      openRandom(7, "a", 3),
      openRandom(8, "a", 3),
      openRandom(7, "b", 3),
      openRandom(7, "a", 4),
      openRandom(7, "a"),
    ].map((random) => random.next());
    expect(new Set(first).size).toBe(first.length);
  });

  it("is uniform and near-Gaussian", () => {
    const random = openRandom(1, "moments");
    const uniform = Array.from({ length: 20000 }, () => random.next());
    const normal = Array.from({ length: 20000 }, () => random.normal());
    expect(mean(uniform)).toBeCloseTo(0.5, 1);
    expect(Math.max(...uniform)).toBeLessThan(1);
    expect(mean(normal.map((value) => value * value))).toBeCloseTo(1, 1);
  });
});
