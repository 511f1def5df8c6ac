/** @file AUC against its definition by pairs, and against known values. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { auc } from "./auc.ts";
import { samplesOf, twoClasses } from "./fixtures/samples.ts";

// The definition: every pair of a live and a spoof sample, ties one half.
function aucByPairs(live: readonly number[], spoof: readonly number[]): number {
  let wins = 0;
  for (const a of live) for (const b of spoof) wins += a > b ? 1 : a === b ? 0.5 : 0;
  return wins / (live.length * spoof.length);
}

describe("auc", () => {
  test("equals the count over all pairs, ties one half", () => {
    fc.assert(
      fc.property(twoClasses, ({ live, spoof }) => {
        expect(auc(samplesOf(live, spoof))).toBeCloseTo(aucByPairs(live, spoof), 12);
      }),
    );
  });

  test.each([
    ["separated", [0.8, 0.9], [0.1, 0.2], 1],
    ["reversed", [0.1], [0.9], 0],
    ["all tied", [0.5, 0.5], [0.5], 0.5],
    ["one pair of four lost", [0.35, 0.8], [0.1, 0.4], 0.75],
  ])("%s", (_, live, spoof, expected) => {
    expect(auc(samplesOf(live, spoof))).toBe(expected);
  });

  test("refuses one class and NaN", () => {
    expect(() => auc(samplesOf([0.5], []))).toThrow(
      "[auc] needs both classes, but none of the 1 samples is spoof",
    );
    expect(() => auc(samplesOf([Number.NaN], [0.1]))).toThrow("[auc] a live score is NaN");
  });
});
