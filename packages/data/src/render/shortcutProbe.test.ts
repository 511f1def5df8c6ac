/** @file Tests the probe's regression and its area under the curve. */

import { describe, expect, it } from "vitest";

import { openRandom } from "./random.ts";
import { areaUnderCurve, fitLogistic } from "./shortcutProbe.ts";

describe("areaUnderCurve", () => {
  it("counts ordered pairs, ties as half", () => {
    expect(areaUnderCurve([3, 2, 1, 0], [1, 1, 0, 0])).toBe(1);
    expect(areaUnderCurve([0, 1, 2, 3], [1, 1, 0, 0])).toBe(0);
    expect(areaUnderCurve([1, 1, 1, 1], [1, 0, 1, 0])).toBe(0.5);
  });
});

describe("fitLogistic", () => {
  const random = openRandom(5, "probe");
  const rows = Array.from({ length: 400 }, () => [random.normal() * 40 + 100, random.normal()]);

  it("finds a shortcut that is there", () => {
    const labels = rows.map((row) => (row[0]! > 100 ? 1 : 0));
    const score = fitLogistic(rows.slice(0, 200), labels.slice(0, 200));
    expect(areaUnderCurve(rows.slice(200).map(score), labels.slice(200))).toBeGreaterThan(0.98);
  });

  it("finds none in noise", () => {
    const labels = rows.map(() => (random.chance(0.5) ? 1 : 0));
    const score = fitLogistic(rows.slice(0, 200), labels.slice(0, 200));
    const auc = areaUnderCurve(rows.slice(200).map(score), labels.slice(200));
    expect(Math.abs(auc - 0.5)).toBeLessThan(0.12);
  });
});
