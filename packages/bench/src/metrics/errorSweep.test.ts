/** @file The sweep against counting at each threshold. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { errorSweep, rejectAll } from "./errorSweep.ts";
import { samplesOf, twoClasses } from "./fixtures/samples.ts";

describe("errorSweep", () => {
  test("has the counted rates at each of its thresholds, one more than there are distinct scores", () => {
    fc.assert(
      fc.property(twoClasses, ({ live, spoof }) => {
        const points = errorSweep(samplesOf(live, spoof));
        expect(points).toHaveLength(new Set([...live, ...spoof].map((score) => score + 0)).size + 1);
        for (const { threshold, far, frr } of points) {
          expect(far).toBeCloseTo(spoof.filter((score) => score >= threshold).length / spoof.length, 12);
          expect(frr).toBeCloseTo(live.filter((score) => score < threshold).length / live.length, 12);
        }
      }),
    );
  });

  test("puts the threshold half-way between two scores and ends with rejecting all", () => {
    expect(errorSweep(samplesOf([0.75], [0.25])).map((point) => point.threshold)).toEqual([
      0,
      0.5,
      rejectAll,
    ]);
  });

  test("keeps neighbouring doubles apart", () => {
    const next = 0.5 + Number.EPSILON / 2;
    expect(errorSweep(samplesOf([next], [0.5]))[1]).toEqual({ threshold: next, far: 0, frr: 0 });
  });
});
