/** @file The timing protocol. */

import { expect, it } from "vitest";
import { measure, spread } from "./measure.ts";

it("times the first call apart, then warms up, then takes at most so many", async () => {
  const seen: number[] = [];
  let calls = 0;
  const timing = await measure(
    async () => calls++,
    { warmups: 2, most: 7, least: 5, stopAfterMs: 60_000 },
    (call) => seen.push(call),
  );
  expect(calls).toBe(1 + 2 + 7);
  expect(seen).toEqual(Array.from({ length: 10 }, (_, i) => i));
  expect(timing.iterations).toBe(7);
});

it("stops after the time, but not before the least count", async () => {
  let calls = 0;
  const { iterations } = await measure(async () => calls++, {
    warmups: 0,
    most: 100,
    least: 3,
    stopAfterMs: -1,
  });
  expect([calls, iterations]).toEqual([4, 3]);
});

it("reports the median and the range", () => {
  expect(spread([9, 1, 5])).toEqual({ medianMs: 5, minMs: 1, maxMs: 9, iterations: 3 });
  expect(spread([4, 1, 2, 9]).medianMs).toBe(3);
});
