/** @file Where the published conventions part from each other and from ours. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { auc } from "../auc.ts";
import { samplesOf, twoClasses } from "../fixtures/samples.ts";
import { tprAtFpr } from "../tprAtFpr.ts";
import { conventions } from "./conventions.ts";
import { areaUnder, rocCurve } from "./rocCurve.ts";

const value = (
  name: keyof typeof conventions,
  live: readonly number[],
  spoof: readonly number[],
  key: string,
) => conventions[name].figures(samplesOf(live, spoof)).find((figure) => figure.key === key)!.value;

describe("rocCurve", () => {
  test("leaves out the points of a straight slanted piece, as scikit-learn does", () => {
    const ties = [0.9, 0.8, 0.7];
    expect(rocCurve(samplesOf(ties, ties)).map(({ fpr, tpr }) => [fpr, tpr])).toEqual([
      [0, 0],
      [1 / 3, 1 / 3],
      [1, 1],
    ]);
  });

  test("has the area of the definition by pairs", () => {
    fc.assert(
      fc.property(twoClasses, ({ live, spoof }) => {
        const samples = samplesOf(live, spoof);
        expect(areaUnder(rocCurve(samples))).toBeCloseTo(auc(samples), 12);
      }),
    );
  });
});

describe("flip", () => {
  test("of equal distances the last threshold of the grid", () => {
    expect(value("flip", [0.9], [0.1], "threshold")).toBe(0.9);
    expect(value("flip", [0.9], [0.1], "hter")).toBe(0);
  });

  test("reads TPR@FPR=1% off the corners that stay: lower than reachable where a slanted piece crosses 1 %", () => {
    // 200 pairs of tied scores: one straight line, whose points at 0.5 % and 1 % are dropped.
    const ties = Array.from({ length: 200 }, (_, index) => index / 200);
    expect(tprAtFpr(samplesOf(ties, ties))).toBeCloseTo(2 / 200, 12);
    expect(value("flip", ties, ties, "tprAtFpr1")).toBe(1 / 200);
  });

  test("pools the attacks at 0.5, that threshold included", () => {
    expect(value("flip", [0.5, 0.4], [0.5, 0.1, 0.2, 0.3], "acer")).toBe((1 / 4 + 1 / 2) / 2);
  });
});

describe("ssan and celeba-spoof", () => {
  test("of equal distances the first corner from the top, where FLIP takes the last of its grid", () => {
    // Corners (0, 1/2) and (1/2, 1), both at 1/2 from TPR + FPR = 1.
    const [live, spoof] = [
      [0.9, 0.4],
      [0.4, 0.1],
    ];
    expect(value("ssan", live, spoof, "threshold")).toBe(0.9);
    expect(value("ssan", live, spoof, "far")).toBe(0);
  });

  test("count spoofs strictly beyond the live quantile", () => {
    // 200 live scores: the threshold is the second lowest, 0.005; a spoof that ties with it is not found.
    const live = Array.from({ length: 200 }, (_, index) => index / 200);
    const spoof = [0.004, 0.005, 0.006, 0.9];
    expect(value("ssan", live, spoof, "tprAtFpr1")).toBe(1 / 4);
    expect(value("celeba-spoof", live, spoof, "tprAtFpr1")).toBe(1 / 4);
    expect(value("celeba-spoof", live, spoof, "tprAtFpr05")).toBe(0);
  });

  test("name the opposite positive class of FLIP", () => {
    expect(Object.values(conventions).map(({ name, positive }) => [name, positive])).toEqual([
      ["flip", "live"],
      ["ssan", "spoof"],
      ["celeba-spoof", "spoof"],
    ]);
    for (const { figures, positive } of Object.values(conventions)) {
      const heads = figures(samplesOf([0.9], [0.1])).map(({ head }) => head);
      for (const head of heads.filter((text) => text.startsWith("TPR@"))) {
        expect(head).toMatch(new RegExp(`positive = ${positive}$`));
      }
    }
  });

  test("refuse one class", () => {
    for (const { figures } of Object.values(conventions)) {
      expect(() => figures(samplesOf([0.9], []))).toThrow("needs both classes");
    }
  });
});
