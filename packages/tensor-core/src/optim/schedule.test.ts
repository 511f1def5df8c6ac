/** @file The schedules at their corners. */

import { describe, expect, it } from "vitest";
import { constantSchedule, cosineSchedule, linearSchedule, stepSchedule, warmupCosine } from "./schedule.ts";

const first = (count: number, rate: (step: number) => number) =>
  Array.from({ length: count }, (_, i) => rate(i));

describe("schedules", () => {
  it("stay, fall in steps, and go from one rate to another", () => {
    expect(first(3, constantSchedule(0.3))).toEqual([0.3, 0.3, 0.3]);
    expect(first(6, stepSchedule({ start: 8, every: 2, factor: 0.5 }))).toEqual([8, 8, 4, 4, 2, 2]);
    expect(stepSchedule({ start: 1, every: 3 })(3)).toBe(0.1);
    expect(first(6, linearSchedule({ start: 1, totalSteps: 5 }))).toEqual([1, 0.75, 0.5, 0.25, 0, 0]);
    expect(first(4, linearSchedule({ start: 1, end: 3, totalSteps: 3 }))).toEqual([1, 2, 3, 3]);
    expect(linearSchedule({ start: 1, totalSteps: 1 })(0)).toBe(1);
    const cosine = first(6, cosineSchedule({ start: 1, end: 0.5, totalSteps: 5 }));
    for (const [step, rate] of cosine.entries()) {
      expect(rate).toBeCloseTo(0.75 + 0.25 * Math.cos((Math.PI * Math.min(step, 4)) / 4), 14);
    }
    expect([cosine[0], cosine[4]]).toEqual([1, 0.5]);
  });

  it.each<[string, () => unknown]>([
    ["[constantSchedule] rate must be a finite number >= 0, got NaN", () => constantSchedule(NaN)],
    [
      "[stepSchedule] start must be a finite number >= 0, got -1",
      () => stepSchedule({ start: -1, every: 1 }),
    ],
    ["[stepSchedule] every must be a whole number >= 1, got 0", () => stepSchedule({ start: 1, every: 0 })],
    [
      "[stepSchedule] factor must be a finite number >= 0, got NaN",
      () => stepSchedule({ start: 1, every: 1, factor: NaN }),
    ],
    [
      "[linearSchedule] end must be a finite number >= 0, got -1",
      () => linearSchedule({ start: 1, end: -1, totalSteps: 2 }),
    ],
    [
      "[cosineSchedule] totalSteps must be a whole number >= 1, got 0.5",
      () => cosineSchedule({ start: 1, totalSteps: 0.5 }),
    ],
    [
      "[warmupCosine] peak must be a finite number >= 0, got NaN",
      () => warmupCosine({ peak: NaN, totalSteps: 2 }),
    ],
  ])("refuse what is no schedule: %s", (message, make) => {
    expect(make).toThrow(RangeError);
    expect(make).toThrow(message);
  });
});

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

  it("refuses a warm-up that is longer than the run, and parts of steps, by which it would pass the peak", () => {
    expect(() => warmupCosine({ peak: 1, warmupSteps: 5, totalSteps: 4 })).toThrow(
      "[warmupCosine] 5 steps of warm-up do not fit a run of 4",
    );
    for (const [warmupSteps, totalSteps] of [
      [2.5, 10],
      [NaN, 10],
      [-1, 10],
      [2, Infinity],
      [0, 0.5],
    ] as const) {
      const make = () => warmupCosine({ peak: 1, warmupSteps, totalSteps });
      expect(make).toThrow(RangeError);
      expect(make).toThrow(
        `[warmupCosine] ${warmupSteps} steps of warm-up do not fit a run of ${totalSteps}`,
      );
    }
  });
});
