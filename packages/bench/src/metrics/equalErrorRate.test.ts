/** @file EER against a naive walk along the ROC, and the tie rule of the threshold. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { equalErrorRate, eerOperatingPoint, thresholdAtEer } from "./equalErrorRate.ts";
import { samplesOf, twoClasses } from "./fixtures/samples.ts";

// Walks the ROC in a million little steps of straight lines between (FAR, FRR) corners and takes the meeting point.
function eerByWalk(live: readonly number[], spoof: readonly number[]): number {
  const thresholds = [...new Set([...live, ...spoof, 2])].toSorted((a, b) => a - b);
  const corners = thresholds.map((threshold) => [
    spoof.filter((score) => score >= threshold).length / spoof.length,
    live.filter((score) => score < threshold).length / live.length,
  ]) as [number, number][];
  let best = [Infinity, 0] as [number, number];
  for (let corner = 1; corner < corners.length; corner++) {
    const [from, to] = [corners[corner - 1]!, corners[corner]!];
    for (let step = 0; step <= 1000; step++) {
      const far = from[0] + ((to[0] - from[0]) * step) / 1000;
      const frr = from[1] + ((to[1] - from[1]) * step) / 1000;
      if (Math.abs(far - frr) < best[0]) best = [Math.abs(far - frr), (far + frr) / 2];
    }
  }
  return best[1];
}

describe("equalErrorRate", () => {
  test("is where the two error rates meet", () => {
    fc.assert(
      fc.property(twoClasses, ({ live, spoof }) => {
        expect(equalErrorRate(samplesOf(live, spoof))).toBeCloseTo(eerByWalk(live, spoof), 2);
      }),
      { numRuns: 30 },
    );
  });

  test.each([
    ["separated", [0.8, 0.9], [0.1, 0.2], 0],
    ["one of two wrong on each side", [0.3, 0.9], [0.1, 0.6], 0.5],
    ["all tied", [0.5], [0.5], 0.5],
    ["reversed", [0.1], [0.9], 1],
  ])("%s", (_, live, spoof, expected) => {
    expect(equalErrorRate(samplesOf(live, spoof))).toBeCloseTo(expected, 12);
  });
});

describe("thresholdAtEer", () => {
  test("lies in the middle of the gap between separated classes", () => {
    expect(thresholdAtEer(samplesOf([0.9, 0.8], [0.2, 0.1]))).toBeCloseTo(0.5, 12);
  });

  test("takes the higher of two thresholds with equal |FAR - FRR|", () => {
    // Threshold 0.45: FAR 1/2, FRR 0. Threshold 0.65: FAR 0, FRR 1/2... both at a distance of one half.
    const point = eerOperatingPoint(samplesOf([0.5, 0.8], [0.4, 0.5]));
    expect(point).toEqual({ threshold: 0.65, far: 0, frr: 0.5 });
  });

  test("names itself when a class is missing", () => {
    expect(() => thresholdAtEer(samplesOf([], [0.5]))).toThrow("[thresholdAtEer] needs both classes");
  });
});
