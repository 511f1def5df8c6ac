/** @file Reductions where numbers end: NaN at every place, and sums beyond the largest half. */

import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { full, tensor, zeros } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { argmax, argmin, max, min } from "./extremes.ts";
import { logSoftmax, logSumExp, standardDeviation, variance } from "./logSumExp.ts";
import { slice } from "../layout/slice.ts";
import { sum } from "./sum.ts";

/** A row for every place where NaN may stand, of numbers that rise, or fall. */
function rowsWithNaN(n: number, rising: boolean): number[][] {
  return Array.from({ length: n }, (_, place) =>
    Array.from({ length: n }, (_, i) => (i === place ? Number.NaN : rising ? i : -i)),
  );
}

describe("NaN", () => {
  // Lanes of a workgroup take elements 32 apart: each lane has NaN first, last or in between.
  it.each([1, 5, 32, 70])("wins at every place of lines of %i", async (n) => {
    const device = await testDevice();
    using _scope = device.scope();
    const places = Array.from({ length: n }, (_, i) => i);
    for (const rising of [true, false]) {
      const x = tensor(device, rowsWithNaN(n, rising).flat(), [n, n]);
      expect(Array.from(await argmax(x).read())).toEqual(places);
      expect(Array.from(await argmin(x).read())).toEqual(places);
      for (const axis of [0, 1]) {
        for (const fn of [max, min]) {
          expect(await fn(x, axis).read()).toEqual(new Float32Array(n).fill(Number.NaN));
        }
      }
    }
  });

  it("is named at its first place, in a half too", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const values = Array.from({ length: 100 }, (_, i) => (i % 37 === 20 ? Number.NaN : i));
    for (const dtype of ["f32", "f16"] as const) {
      const x = tensor(device, values, [100], dtype);
      expect(await argmax(x).item()).toBe(20);
      expect(await argmin(x).item()).toBe(20);
      expect(await max(x).item()).toBeNaN();
    }
    expect(await argmax(full(device, [40], Number.NaN)).item()).toBe(0);
  });

  it("stays in the maximum of a long line, and leaves the lines beside it alone", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const values = Float32Array.from({ length: 2 * 9001 }, (_, i) => i);
    values[9001 + 5000] = Number.NaN;
    const x = tensor(device, values, [2, 9001]);
    expect(await max(x, 1).read()).toEqual(Float32Array.of(9000, Number.NaN));
    expect(await min(x, 1).read()).toEqual(Float32Array.of(0, Number.NaN));
    expect(await max(x).item()).toBeNaN();
    expect(await logSumExp(tensor(device, [1, Number.NaN, 2]), 0).item()).toBeNaN();
  });
});

it("of equal zeros the extremes are the later", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const x = tensor(device, [0, -0, -0, 0], [2, 2]);
  expect(await max(x, 1).read()).toEqual(Float32Array.of(-0, 0));
  expect(await min(x, 1).read()).toEqual(Float32Array.of(-0, 0));
});

describe("logSoftmax", () => {
  it("keeps its digits where elements are large, and has the gradients of the softmax", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    for (const offset of [0, 1e4, 1e7]) {
      const x = tensor(device, [offset, offset, offset + 1]);
      const total = Math.log(2 + Math.E);
      const { value, grads } = valueAndGrad(() => slice(logSoftmax(x), 0, 0, 1), new Map([["x", x]]));
      const y = await logSoftmax(x).read();
      [-total, -total, 1 - total].forEach((want, i) => expect(y[i]).toBeCloseTo(want, 6));
      expect(await value.item()).toBeCloseTo(-total, 6);
      const p = [1, 1, Math.E].map((e) => e / (2 + Math.E));
      const slope = await grads.get("x")!.read();
      p.forEach((of, i) => expect(slope[i]).toBeCloseTo((i === 0 ? 1 : 0) - of, 6));
    }
  });
});

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
