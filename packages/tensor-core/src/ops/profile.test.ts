/** @file Kernel times by label, and the refusal where the adapter has no clock. */

import { expect, it } from "vitest";
import { capture } from "../tensor/capture.ts";
import { ones } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
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

it("times the kernels of a captured step", async () => {
  const device = await testDevice();
  using captured = capture(device, ({ x }: Readonly<Record<"x", Tensor>>) => ({ y: add(add(x, x), x) }));
  const run = () => captured.run({ x: { shape: [3], data: Float32Array.of(1, 2, 3) } }).y;
  run();
  const timings = await device.profile(() => void run());
  const label = "fused add.forward(x0, x0) add.forward(v0, x0)";
  expect(timings).toEqual([{ label, dispatches: 1, ms: expect.any(Number) }]);
  expect(await run().read()).toEqual(Float32Array.of(3, 6, 9));
});

it("says that it cannot time where the adapter has no timestamps", async () => {
  const device = await testDevice(["timestamp-query"]);
  await expect(device.profile(() => {})).rejects.toThrow("does not offer timestamp-query");
});
