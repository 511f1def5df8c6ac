/** @file Rates and memory of kernels: what needs no timing. */

import { expect, it } from "vitest";
import { measureAttention } from "./attentionScaling.ts";
import { rates } from "./measureKernels.ts";

it("holds a kernel against what bounds it", () => {
  const ceilings = { gflops: 20, gigabytesPerSecond: 10 };
  expect(rates({ flop: 1e9, bytes: 1e6 }, 100, ceilings)).toEqual({
    gflops: 10,
    gigabytesPerSecond: 0.01,
    share: 0.5,
    bound: "arithmetic",
  });
  expect(rates({ flop: 0, bytes: 1e9 }, 200, ceilings)).toMatchObject({ share: 0.5, bound: "memory" });
});

it("finds attention's memory linear in tokens", async () => {
  const [short, long] = [await measureAttention(64), await measureAttention(256)];
  expect(long.peakBytes).toBeGreaterThan(0);
  // Four times the tokens; pool classes round up, at most to the double.
  expect(long.peakBytes / short.peakBytes).toBeLessThan(8);
});
