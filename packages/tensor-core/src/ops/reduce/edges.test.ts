/** @file Reductions where numbers end: sums beyond the largest half. */

import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { full, tensor, zeros } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { logSoftmax, logSumExp, standardDeviation, variance } from "./logSumExp.ts";
import { sum } from "./sum.ts";

describe("halves", () => {
  const count = 70_000; // beyond 65,504, the largest half

  it("have spreads and logarithms of sums that no half holds", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const signs = tensor(
      device,
      Float32Array.from({ length: count }, (_, i) => (i % 2 ? 1 : -1)),
      [count],
      "f16",
    );
    expect(variance(signs).dtype).toBe("f16");
    expect(await variance(signs).item()).toBe(1);
    expect(await standardDeviation(signs, 0, { keepAxis: true }).read()).toEqual(Float32Array.of(1));
    const none = zeros(device, [count], "f16");
    expect(await logSumExp(none, 0).item()).toBeCloseTo(Math.log(count), 2);
    expect((await logSoftmax(none).read())[1]).toBeCloseTo(-Math.log(count), 2);
    // The variance is beyond halves, its root is not.
    expect(await standardDeviation(tensor(device, [-300, 300], [2], "f16")).item()).toBeCloseTo(424.25, 0);
  });

  it("have the slopes that f32 has, rounded once", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const values = [1, -2, 0.5, 3, 0.25, -1];
    const slope = async (op: (x: Tensor) => Tensor, dtype: "f32" | "f16") => {
      const x = tensor(device, values, [2, 3], dtype);
      const { grads } = valueAndGrad(() => sum(op(x)), new Map([["x", x]]));
      expect(grads.get("x")?.dtype).toBe(dtype);
      return Array.from((await grads.get("x")?.read()) ?? []);
    };
    const ops = [
      (x: Tensor) => variance(x, 1),
      (x: Tensor) => standardDeviation(x),
      (x: Tensor) => logSumExp(x, 1),
    ];
    for (const op of ops) {
      const want = await slope(op, "f32");
      expect(want.some((value) => value !== 0)).toBe(true);
      expect(await slope(op, "f16")).toEqual(want.map((value) => expect.closeTo(value, 2)));
    }
  });
});

it("a standard deviation of equal elements has no slope", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const x = full(device, [3], 2);
  const { value, grads } = valueAndGrad(() => standardDeviation(x), new Map([["x", x]]));
  expect(await value.item()).toBe(0);
  expect(await grads.get("x")?.read()).toEqual(new Float32Array(3).fill(Number.NaN));
});
