/** @file Reductions of i32 and u32: exact beyond the 24 bits of f32, and around. */

import { describe, expect, it } from "vitest";
import { tensor } from "../../tensor/create.ts";
import { Device } from "../../tensor/device.ts";
import { Random } from "../../tensor/random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { max, min } from "./extremes.ts";
import { prod } from "./prod.ts";
import { sum } from "./sum.ts";

type Reduction = (x: Tensor, axis?: number) => Tensor;
type Whole = Int32Array | Uint32Array;

const around = (f: (a: bigint, b: bigint) => bigint) => (a: number, b: number) =>
  Number(BigInt.asUintN(32, f(BigInt(a), BigInt(b))));

const reductions: readonly (readonly [name: string, op: Reduction, of: (a: number, b: number) => number])[] =
  [
    ["sum", sum, around((a, b) => a + b)],
    ["prod", prod, around((a, b) => a * b)],
    ["max", max, Math.max],
    ["min", min, Math.min],
  ];

/** The reduction of the middle axis of x [outer, n, inner]. */
function reference(x: Whole, n: number, inner: number, of: (a: number, b: number) => number): Whole {
  const y = x.slice(0, x.length / n);
  y.forEach((_, at) => {
    const start = Math.floor(at / inner) * n * inner + (at % inner);
    // Assigned to its array at once, so that what goes around is read back as its dtype has it.
    y[at] = x[start] as number;
    for (let i = 1; i < n; i++) y[at] = of(y[at] as number, x[start + i * inner] as number);
  });
  return y;
}

/** Whole numbers of all sizes, no 0: a product would end there. */
function draw(dtype: "i32" | "u32", size: number): Whole {
  const random = new Random(size);
  const words = Uint32Array.from({ length: size }, () => Math.floor(random.uniform(0, 2 ** 32)) | 1);
  return dtype === "u32" ? words : new Int32Array(words.buffer);
}

describe.each(reductions)("%s of whole numbers", (_, op, of) => {
  it.each(["i32", "u32"] as const)("is exact, of %s", async (dtype) => {
    const device = await testDevice();
    for (const [outer, n, inner] of [
      [3, 7, 5],
      [2, 37, 8],
      [1, 1, 1],
      // By blocks, also on software devices.
      [1, 5003, 1],
    ] as const) {
      using _scope = device.scope();
      const x = draw(dtype, outer * n * inner);
      const y = op(tensor(device, x, [outer, n, inner], dtype), 1);
      expect(y.dtype).toBe(dtype);
      expect(await y.read()).toEqual(reference(x, n, inner, of));
    }
  });

  it("holds over more than the device binds at once", async () => {
    using device = await Device.open({ maxBindingBytes: 4096, tuned: false });
    using _scope = device.scope();
    const x = draw("i32", 3000);
    const y = op(tensor(device, x, [3000], "i32"));
    expect([await y.item()]).toEqual(Array.from(reference(x, 3000, 1, of)));
  });
});

it("begins with what changes nothing", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const least = -(2 ** 31);
  expect(await max(tensor(device, [least, least], [2], "i32")).item()).toBe(least);
  expect(await min(tensor(device, [2 ** 32 - 1], [1], "u32")).item()).toBe(2 ** 32 - 1);
  expect(await sum(tensor(device, [], [0], "i32")).item()).toBe(0);
  expect(await prod(tensor(device, [], [0], "u32")).item()).toBe(1);
});
