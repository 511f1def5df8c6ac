/** @file The schedule at its corners. */

import { describe, expect, it } from "vitest";
import { warmupCosine } from "./schedule.ts";

describe("warmupCosine", () => {
  it("rises in a line, then falls to the floor", () => {
    const rate = warmupCosine({ peak: 1, warmupSteps: 4, totalSteps: 12, floor: 0.2 });
    expect([0, 1, 2, 3].map(rate)).toEqual([0.25, 0.5, 0.75, 1]);
    expect(rate(7)).toBeCloseTo(0.6, 12); // half-way
    expect(rate(11)).toBeCloseTo(0.2, 12);
    expect(rate(50)).toBeCloseTo(0.2, 12);
    for (let step = 4; step < 12; step++) expect(rate(step)).toBeLessThan(rate(step - 1));
  });

  it("starts at the peak without a warm-up", () => {
    const rate = warmupCosine({ peak: 2, totalSteps: 3 });
    expect([0, 1, 2].map(rate)).toEqual([2, 1, 0]);
    expect(warmupCosine({ peak: 2, totalSteps: 1 })(0)).toBe(2);
  });

  it("refuses a warm-up that is longer than the run", () => {
    expect(() => warmupCosine({ peak: 1, warmupSteps: 5, totalSteps: 4 })).toThrow(
      "[warmupCosine] 5 steps of warm-up do not fit a run of 4",
    );
  });
});
