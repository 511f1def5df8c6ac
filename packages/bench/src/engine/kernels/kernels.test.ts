/** @file Rates and memory of kernels: what needs no timing. */

import { Device } from "@candor/tensor-core";
import { expect, it, vi } from "vitest";
import { measurePeak } from "./attentionScaling.ts";
import { measureCeilings } from "./ceilings.ts";
import { timeFirstStep } from "./firstStep.ts";
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

it("takes the ceilings by the device's clock, as it takes the kernels", async () => {
  const device = await Device.open();
  let hours = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => 3_600_000 * hours++);
  const { gflops, gigabytesPerSecond } = await measureCeilings(device, { groups: 8, bytes: 2 ** 20 });
  clock.mockRestore();
  device.gpu.destroy();
  // By an hour for each run: 2e-5 GFLOP/s and 6e-7 GB/s at most.
  expect(gflops).toBeGreaterThan(0.01);
  expect(gigabytesPerSecond).toBeGreaterThan(0.01);
  expect(gflops).toBeLessThan(1e6);
  expect(gigabytesPerSecond).toBeLessThan(1e6);
});

it("finds attention's memory linear in tokens", async () => {
  // Backward may store the scores of 256 queries at a time, so that shorter inputs say nothing.
  const [short, long] = [await measurePeak(512), await measurePeak(2048)];
  expect(short).toBeGreaterThan(0);
  // Four times the tokens, by whole size classes; sixteen times if it were their square.
  expect(long / short).toBeLessThan(5);
});

it("takes the first step with a full cache from a process that found one", async () => {
  const timing = { medianMs: 1, minMs: 1, maxMs: 1, iterations: 1, cpuMs: 1 };
  let filled = false;
  const first = await timeFirstStep(async (cases) => {
    const times = { step: filled ? 2 : 90, coldStep: 90 };
    filled ||= cases.some(({ kind }) => kind === "step");
    const found = cases.flatMap(({ kind }) =>
      kind === "step" || kind === "coldStep" ? [[kind, { timing: { ...timing, firstMs: times[kind] } }]] : [],
    );
    return { cases: Object.fromEntries(found) };
  });
  expect(first).toEqual({ coldMs: 90, warmMs: 2 });
});
