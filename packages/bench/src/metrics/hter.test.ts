/** @file The three HTERs against naive sweeps. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hterAt, hterFlipGrid, hterLiterature } from "./hter.ts";
import { samplesOf, twoClasses } from "./fixtures/samples.ts";

const rate = (scores: readonly number[], wrong: (score: number) => boolean) =>
  scores.filter(wrong).length / scores.length;

// Every threshold from the highest to the lowest; the first of the best wins, so ties go to the higher one.
function hterNaively(
  live: readonly number[],
  spoof: readonly number[],
  thresholds: readonly number[],
): number {
  let best = { distance: Infinity, hter: Number.NaN };
  for (const threshold of [...thresholds].toSorted((a, b) => b - a)) {
    const far = rate(spoof, (score) => score >= threshold);
    const frr = rate(live, (score) => score < threshold);
    const distance = Math.abs(far - frr);
    if (distance < best.distance - 1e-12) best = { distance, hter: (far + frr) / 2 };
  }
  return best.hter;
}

// Class sizes of powers of two: elsewhere FLIP's tie is decided by the last bit of the shares.
const coarse = (size: number) =>
  fc.array(
    fc.integer({ min: 0, max: 50 }).map((step) => step / 50),
    { minLength: size, maxLength: size },
  );

describe("hterLiterature", () => {
  test("equals a naive sweep over all scores", () => {
    fc.assert(
      fc.property(twoClasses, ({ live, spoof }) => {
        const expected = hterNaively(live, spoof, [...live, ...spoof, 1.1]);
        expect(hterLiterature(samplesOf(live, spoof)).hter).toBeCloseTo(expected, 12);
      }),
    );
  });

  test("equals FLIP's grid where scores keep a distance of 1e-4", () => {
    fc.assert(
      fc.property(coarse(8), coarse(16), (live, spoof) => {
        const samples = samplesOf(live, spoof);
        expect(hterLiterature(samples).hter).toBeCloseTo(hterFlipGrid(samples).hter, 12);
      }),
    );
  });

  test("all scores equal: nothing is separated, reject all", () => {
    expect(hterLiterature(samplesOf([0.5], [0.5]))).toEqual({ threshold: 1.1, far: 0, frr: 1, hter: 0.5 });
  });
});

describe("hterFlipGrid", () => {
  test("cannot part scores closer than its grid, the exact form can", () => {
    const samples = samplesOf([0.50007], [0.50003]);
    expect(hterFlipGrid(samples).hter).toBe(0.5);
    expect(hterLiterature(samples).hter).toBe(0);
  });

  test("takes the last grid point of a plateau, as `dist <= min_dist` does", () => {
    expect(hterFlipGrid(samplesOf([0.8], [0.2])).threshold).toBe(0.8);
  });
});

describe("hterAt", () => {
  test("counts both errors at the threshold, which itself is accepted", () => {
    const samples = samplesOf([0.5, 0.9], [0.1, 0.2, 0.5, 0.6]);
    expect(hterAt(samples, 0.5)).toEqual({ threshold: 0.5, far: 0.5, frr: 0, hter: 0.25 });
    expect(hterAt(samples, 0.55)).toEqual({ threshold: 0.55, far: 0.25, frr: 0.5, hter: 0.375 });
  });

  test("a threshold from elsewhere is never better than the best on the samples by more than its own gap", () => {
    fc.assert(
      fc.property(twoClasses, fc.double({ min: 0, max: 1, noNaN: true }), ({ live, spoof }, threshold) => {
        const { far, frr, hter } = hterAt(samplesOf(live, spoof), threshold);
        expect(hter).toBeCloseTo((far + frr) / 2, 12);
        expect(far).toBe(rate(spoof, (score) => score >= threshold));
      }),
    );
  });

  test("refuses a NaN threshold", () => {
    expect(() => hterAt(samplesOf([1], [0]), Number.NaN)).toThrow("[hterAt] the threshold is NaN");
  });
});
