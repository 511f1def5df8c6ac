/** @file Tensors of numbers, and like others. */

import { describe, expect, it } from "vitest";
import { testDevice } from "../testing/testDevice.ts";
import { arange, full, onesLike, tensor, zeros, zerosLike } from "./create.ts";

describe("zerosLike and onesLike", () => {
  it.each(["f32", "f16", "i32", "u32"] as const)("take shape and dtype from %s", async (dtype) => {
    const device = await testDevice();
    using _scope = device.scope();
    for (const shape of [[], [0, 3], [5], [3, 7]]) {
      let size = 1;
      for (const n of shape) size *= n;
      const values = Array.from({ length: size }, (_, i) => i + 2);
      const x = tensor(device, values, shape, dtype);
      for (const [y, value] of [
        [zerosLike(x), 0],
        [onesLike(x), 1],
      ] as const) {
        expect([y.shape, y.dtype]).toEqual([shape, dtype]);
        expect([...(await y.read())]).toEqual(values.map(() => value));
      }
      expect([...(await x.read())]).toEqual(values); // memory of their own
    }
  });

  it("name a tensor that was freed", async () => {
    const device = await testDevice();
    const x = tensor(device, [1]);
    x.dispose();
    expect(() => zerosLike(x)).toThrow(
      "[zerosLike] a tensor of [1] was used after it, or what it is a part of, was disposed of",
    );
    expect(() => onesLike(x)).toThrow(
      "[onesLike] a tensor of [1] was used after it, or what it is a part of, was disposed of",
    );
  });
});

describe("whole numbers", () => {
  const bad = [
    ["i32", 2 ** 31],
    ["i32", -(2 ** 31) - 1],
    ["i32", Number.NaN],
    ["i32", Infinity],
    ["i32", 0.5],
    ["u32", -1],
    ["u32", 2 ** 32],
  ] as const;
  it.each(bad)("of %s are not %d", async (dtype, value) => {
    const device = await testDevice();
    using _scope = device.scope();
    const { live } = device.stats;
    const range = dtype === "i32" ? "-2147483648 to 2147483647" : "0 to 4294967295";
    const message = (op: string, at: number) =>
      `[${op}] the tensor is ${dtype}, and its element ${at} is to be ${value}: give whole numbers from ${range}`;
    expect(() => tensor(device, [0, value], [2], dtype)).toThrow(new RangeError(message("tensor", 1)));
    expect(() => tensor(device, Float64Array.of(value), [1], dtype)).toThrow(message("tensor", 0));
    expect(() => full(device, [2], value, dtype)).toThrow(new RangeError(message("full", 0)));
    if (Number.isFinite(value))
      expect(() => arange(device, value, value + 1, 1, dtype)).toThrow(message("arange", 0));
    expect(device.stats.live).toBe(live);
    const x = zeros(device, [2], dtype);
    expect(() => x.write([0, value])).toThrow(new RangeError(message("write", 1)));
    expect([...(await x.read())]).toEqual([0, 0]);
  });

  it.each([
    ["i32", [-(2 ** 31), -1, 0, 2 ** 31 - 1]],
    ["u32", [0, 1, 2 ** 31, 2 ** 32 - 1]],
  ] as const)("of %s are all others", async (dtype, values) => {
    const device = await testDevice();
    using _scope = device.scope();
    for (const given of [values, Float64Array.from(values)]) {
      expect([...(await tensor(device, given, [4], dtype).read())]).toEqual(values);
    }
    for (const value of values) expect(await full(device, [1], value, dtype).item()).toBe(value);
  });
});

describe("tensor", () => {
  it("keeps no memory where its values cannot be written", async () => {
    const device = await testDevice();
    const { live } = device.stats;
    expect(() => tensor(device, [1n] as unknown as number[])).toThrow(TypeError);
    expect(device.stats.live).toBe(live);
  });
});
