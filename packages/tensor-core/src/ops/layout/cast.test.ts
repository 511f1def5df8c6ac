/** @file cast, and the storage of f16, against every binary16 number there is. */

import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { full, tensor } from "../../tensor/create.ts";
import { fromFloat16, toFloat16 } from "../../tensor/float16.ts";
import { Random } from "../../tensor/random.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { mul } from "../elementwise/binary.ts";
import { sum } from "../reduce/sum.ts";
import { cast } from "./cast.ts";

/** The value of binary16 bits by the standard's formula. */
function half(bits: number): number {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Where two arrays first differ, NaN being itself; -1 where they do not. Matchers take seconds for long arrays. */
function firstDifference(got: Float32Array, want: Float32Array): number {
  if (got.length !== want.length) return Math.min(got.length, want.length);
  return got.findIndex((value, i) => !Object.is(value, want[i]));
}

const every = Uint16Array.from({ length: 65_536 }, (_, i) => i);

describe("binary16 on the host", () => {
  it("reads every number, and writes it back", () => {
    const values = fromFloat16(every);
    expect(firstDifference(values, Float32Array.from(every, half))).toBe(-1);
    const back = toFloat16(values);
    expect(every.filter((bits) => !Number.isNaN(values[bits]) && back[bits] !== bits)).toEqual(
      new Uint16Array(0),
    );
  });

  it("rounds to the nearest, ties to even, at the ends too", () => {
    const tie = 1 + 2 ** -11;
    const values = [
      tie,
      tie + 2 ** -22,
      1 + 3 * 2 ** -11,
      65_519,
      65_520,
      -1e9,
      2 ** -25,
      1.5 * 2 ** -24,
      NaN,
    ];
    expect(Array.from(fromFloat16(toFloat16(values)))).toEqual([
      1,
      1 + 2 ** -10,
      1 + 2 ** -9,
      65_504,
      Infinity,
      -Infinity,
      0,
      2 ** -23,
      NaN,
    ]);
  });
});

describe("cast", () => {
  it("rounds on the device as on the host, bit for bit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const random = new Random(3);
    const values = Float32Array.from(
      { length: 40_001 },
      () => (random.bits() % 2 ? -1 : 1) * 2 ** random.uniform(-27, 18),
    );
    const edges = Array.from(fromFloat16(every)).flatMap((x) =>
      Number.isFinite(x) ? [x, x * (1 + 2 ** -11)] : [x, x],
    );
    for (const x of [values, edges]) {
      const y = cast(tensor(device, x), "f16");
      expect(y.bytes).toBe(Math.ceil(x.length / 2) * 4);
      const want = fromFloat16(toFloat16(x));
      expect(firstDifference(await y.read(), want)).toBe(-1);
      expect(firstDifference(await cast(y, "f32").read(), want)).toBe(-1);
    }
  });

  it("keeps f16 tensors of any size, written and filled", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    for (const size of [0, 1, 2, 3, 5]) {
      const values = Array.from({ length: size }, (_, i) => i - 1.5);
      expect(await tensor(device, values, [size], "f16").read()).toEqual(Float32Array.from(values));
      expect(await full(device, [size], 0.1, "f16").read()).toEqual(
        new Float32Array(size).fill(half(0x2e66)),
      );
    }
  });

  it("converts to and from whole numbers", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, [1.9, -1.9, 0, 70_000, -3]);
    expect(await cast(x, "i32").read()).toEqual(Int32Array.of(1, -1, 0, 70_000, -3));
    expect(await cast(cast(x, "i32"), "f16").read()).toEqual(Float32Array.of(1, -1, 0, Infinity, -3));
    expect(await cast(tensor(device, [2.5, 4e9, 1, 7, 9]), "u32").read()).toEqual(
      Uint32Array.of(2, 4e9, 1, 7, 9),
    );
    expect(cast(x, "f32")).toBe(x);
  });

  it("stops at the ends of the range of whole numbers", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const values = [
      Infinity,
      1e30,
      2 ** 32,
      2 ** 32 - 256,
      2 ** 31,
      2 ** 31 - 128,
      -1,
      -(2 ** 31),
      -3e9,
      -Infinity,
    ];
    const x = tensor(device, values);
    for (const [dtype, low, high] of [
      ["i32", -(2 ** 31), 2 ** 31 - 1],
      ["u32", 0, 2 ** 32 - 1],
    ] as const) {
      const want = values.map((value) => Math.min(high, Math.max(low, value)));
      expect(Array.from(await cast(x, dtype).read())).toEqual(want);
      const halves = tensor(device, [Infinity, -Infinity, 65_504], [3], "f16");
      expect(Array.from(await cast(halves, dtype).read())).toEqual([high, low, 65_504]);
    }
  });

  it("converts each of many quads in its own place", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const values = Array.from({ length: 2047 }, (_, i) => (i * 7) % 2039);
    for (const from of ["f32", "f16", "i32", "u32"] as const) {
      const x = tensor(device, values, [values.length], from);
      for (const to of ["f32", "f16", "i32", "u32"] as const) {
        expect(Array.from(await cast(x, to).read()), `${from} to ${to}`).toEqual(values);
      }
    }
  });

  it("takes the gradient back to the dtype of its input", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, [1, 2, 3]);
    const w = tensor(device, [0.5, 1 + 2 ** -12, 4]);
    const { grads } = valueAndGrad(() => sum(mul(cast(cast(x, "f16"), "f32"), w)), new Map([["x", x]]));
    expect(await grads.get("x")?.read()).toEqual(Float32Array.of(0.5, 1, 4));
  });
});
