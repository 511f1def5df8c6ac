/** @file Kernel times by label, and the refusal where the adapter has no clock. */

import { expect, it } from "vitest";
import { ones } from "../tensor/create.ts";
import { add } from "./elementwise/binary.ts";
import { matmul } from "./matmul/matmul.ts";
import { testDevice } from "../testing/testDevice.ts";

it("counts and times every dispatch of what it is given, and nothing after it", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const [a, b] = [ones(device, [64, 64]), ones(device, [64, 64])];
  const timings = await device.profile(() => {
    add(matmul(a, b), add(a, b));
  });
  expect(timings.map(({ label, dispatches }) => [label, dispatches]).toSorted()).toEqual([
    ["add.forward", 2],
    ["matmul", 1],
  ]);
  for (const { ms } of timings) expect(ms).toBeGreaterThan(0);
  add(a, b);
  await device.synchronize();
  expect(device.recorder.profiler).toBeUndefined();
});

it("spans more dispatches than one query set holds", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const a = ones(device, [4]);
  const timings = await device.profile(() => {
    for (let i = 0; i < 2100; i++) add(a, a);
  });
  expect(timings).toEqual([{ label: "add.forward", dispatches: 2100, ms: expect.any(Number) }]);
});

it("says that it cannot time where the adapter has no timestamps", async () => {
  const device = await testDevice(["timestamp-query"]);
  await expect(device.profile(() => {})).rejects.toThrow("does not offer timestamp-query");
});
