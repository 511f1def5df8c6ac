/** @file Elementwise ops where numbers end: NaN, zeros with a sign, and what is large or small. */

import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { tensor } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { sum } from "../reduce/sum.ts";
import * as binary from "./binary.ts";
import { type BinaryName, binaryTable } from "./binaryTable.ts";
import { pow } from "./power.ts";
import * as unary from "./unary.ts";
import { type UnaryName, unaryTable } from "./unaryTable.ts";
import { where } from "./where.ts";

/** clamp is made of two rows. */
const ops = {
  ...unary,
  maxScalar: (x: Tensor, s: number) => unary.clamp(x, s, Infinity),
  minScalar: (x: Tensor, s: number) => unary.clamp(x, -Infinity, s),
} as Record<UnaryName, (x: Tensor, s: number) => Tensor>;

/** Where the results are NaN. */
const placesOfNaN = async (y: Tensor) => Array.from(await y.read()).map(Number.isNaN);

describe.each(["f32", "f16"] as const)("NaN of %s", (dtype) => {
  const values = [NaN, 1, 2, NaN, 0.5, NaN, 3];

  // Storage is apart from the table: a few rows show it.
  const names =
    dtype === "f16" ? (["relu", "tanh", "exp"] as const) : (Object.keys(unaryTable) as UnaryName[]);
  it.each(names.filter((name) => name !== "sign"))("stays, and stays alone, in %s", async (name) => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, values, undefined, dtype);
    expect(await placesOfNaN(ops[name](x, 0.75))).toEqual(values.map(Number.isNaN));
  });

  /** Of these the slope at NaN is a choice, not a formula. */
  const chosen = new Set<UnaryName>([
    ...(["neg", "scale", "addScalar", "abs", "sign", "floor", "ceil", "round"] as const),
    ...(["minScalar", "maxScalar", "leakyRelu", "relu"] as const),
  ]);
  it.each(names.filter((name) => !chosen.has(name)))(
    "is the slope there, and there alone, of %s",
    async (name) => {
      const device = await testDevice();
      using _scope = device.scope();
      const x = tensor(device, values, undefined, dtype);
      expect((await slopes(() => ops[name](x, 0.75), x)).map(Number.isNaN)).toEqual(values.map(Number.isNaN));
    },
  );

  it("stays on either side of an op of two", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const others = [1, NaN, 2, NaN, 4, -1, 0.5];
    const [a, b] = [values, others].map((side) => tensor(device, side, undefined, dtype)) as [Tensor, Tensor];
    const want = values.map((value, i) => Number.isNaN(value + others[i]!));
    const pairs = dtype === "f16" ? (["maximum"] as const) : (Object.keys(binaryTable) as BinaryName[]);
    for (const op of [...pairs.map((name) => binary[name]), pow]) {
      expect(await placesOfNaN(op(a, b))).toEqual(want);
    }
  });

  it("is a condition that holds, and has a sign of 0", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, [NaN, 0, -0, 5, NaN], undefined, dtype);
    const [a, b] = [1, 2].map((value) => tensor(device, [value]));
    expect(await where(x, a!, b!).read()).toEqual(Float32Array.of(1, 2, 2, 1, 1));
    expect(await unary.sign(x).read()).toEqual(Float32Array.of(0, 0, 0, 1, 0));
  });
});

it("NaN to the power of 0 is 1", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const x = tensor(device, [NaN]);
  expect(await unary.pow(x, 0).item()).toBe(1);
  expect(await pow(x, tensor(device, [0])).item()).toBe(1);
});

it("the power NaN of any number is NaN", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const x = tensor(device, [0, 1, 2, -2, Infinity]);
  const powers = [unary.pow(x, NaN), pow(x, tensor(device, [NaN]))];
  for (const y of powers) expect(await y.read()).toEqual(new Float32Array(5).fill(NaN));
});

describe("0 to a power", () => {
  const exponents = [0.1, 0.5, 1e-30, 3, Infinity, 0, -0.1, -0.5, -2, -Infinity];
  const powers = [0, 0, 0, 0, 0, 1, Infinity, Infinity, Infinity, Infinity];

  it("is exactly 0, 1 or infinite, of either sign, be the power a number or a tensor", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    for (const zero of [0, -0]) {
      const base = tensor(device, [zero]);
      const all = await pow(base, tensor(device, exponents)).read();
      const each: number[] = [];
      for (const exponent of exponents) each.push(await unary.pow(base, exponent).item());
      expect([Array.from(all), each]).toEqual([powers, powers]);
    }
  });

  it("has slopes that are exactly 0 or infinite", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, [0, 0, 0, 0, 0]);
    const numbers = [0.5, 1.5, 3, -0.5, -0.1];
    const exponent = tensor(device, numbers);
    const towards = [Infinity, 0, 0, -Infinity, -Infinity];
    expect(await slopes(() => pow(x, exponent), x)).toEqual(towards);
    for (const [i, s] of numbers.entries()) {
      expect(await slopes(() => unary.pow(x, s), x)).toEqual(numbers.map(() => towards[i]));
    }
    expect(await slopes(() => pow(x, exponent), exponent)).toEqual([0, 0, 0, -Infinity, -Infinity]);
    const lost = tensor(device, [NaN]);
    const constant = tensor(device, [0]);
    expect(await slopes(() => pow(lost, constant), constant)).toEqual([NaN]);
  });
});

it("of equal zeros the limit wins, and the second of two", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const zeros = tensor(device, [0, -0]);
  expect(await unary.relu(zeros).read()).toEqual(Float32Array.of(0, 0));
  for (const limit of [0, -0]) {
    const limits = Float32Array.of(limit, limit);
    expect(await unary.clamp(zeros, limit, Infinity).read()).toEqual(limits);
    expect(await unary.clamp(zeros, -Infinity, limit).read()).toEqual(limits);
  }
  const others = tensor(device, [-0, 0]);
  expect(await binary.maximum(zeros, others).read()).toEqual(Float32Array.of(-0, 0));
  expect(await binary.minimum(zeros, others).read()).toEqual(Float32Array.of(-0, 0));
});

it("whole numbers nearest to halves are even, and large numbers are whole", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const x = tensor(device, [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 8_388_609, -(2 ** 40), Infinity, -Infinity]);
  const large = [8_388_609, -(2 ** 40), Infinity, -Infinity];
  expect(await unary.round(x).read()).toEqual(Float32Array.of(-2, -2, -0, 0, 2, 2, ...large));
  expect(await unary.floor(x).read()).toEqual(Float32Array.of(-3, -2, -1, 0, 1, 2, ...large));
  expect(await unary.ceil(x).read()).toEqual(Float32Array.of(-2, -1, -0, 1, 2, 3, ...large));
});

it("softplus has its digits where e^x is small, and on both sides of where its series ends", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const x = [-80, -20, -17, -15, -9, -5, -2.4, -2.31, -2.3, -2.2, -1, 0, 1, 20].map(Math.fround);
  const y = await unary.softplus(tensor(device, x)).read();
  // WGSL lets exp be off by 3 + 2 |x| units in its last place.
  y.forEach((value, i) => {
    expect(Math.abs(value / Math.log1p(Math.exp(x[i]!)) - 1)).toBeLessThan(
      (8 + 2 * Math.abs(x[i]!)) * 2 ** -23,
    );
  });
});

it("tanh has its digits near 0, and on both sides of where its series ends", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const x = [1e-30, 1e-8, 1e-6, 1e-3, 0.1, 0.2499, 0.25, 0.2501, 0.5, 3, 20].map(Math.fround);
  const y = await unary.tanh(tensor(device, [...x, ...x.map((value) => -value)])).read();
  x.forEach((value, i) => {
    // The series is good to the last digit; the adapter's own beyond it is not.
    expect(Math.abs(y[i]! / Math.tanh(value) - 1)).toBeLessThan((value < 0.25 ? 2 : 8) * 2 ** -23);
    expect(y[i + x.length]).toBe(-y[i]!);
  });
});

async function slopes(fn: () => Tensor, x: Tensor): Promise<number[]> {
  const { grads } = valueAndGrad(() => sum(fn()), new Map([["x", x]]));
  return Array.from((await grads.get("x")?.read()) ?? []);
}

describe("slopes", () => {
  it("of the power 0 are 0, at 0 too", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, [0, -0, 2, -3]);
    expect(await slopes(() => unary.pow(x, 0), x)).toEqual([0, 0, 0, 0]);
    expect(await slopes(() => unary.pow(x, 1), x)).toEqual([1, 1, 1, 1]);
  });

  it.each(["f32", "f16"] as const)(
    "of the larger and the smaller are 0 for the side that is not taken, and whole for both where there is NaN, in %s",
    async (dtype) => {
      const device = await testDevice();
      using _scope = device.scope();
      const [a, b, dy] = [
        [1, 2, NaN, 1, 3, NaN],
        [2, 1, 1, NaN, 3, NaN],
        [Infinity, Infinity, 5, 6, 4, 7],
      ].map((values) => tensor(device, values, undefined, dtype)) as [Tensor, Tensor, Tensor];
      const [left, right] = [
        [0, Infinity, 5, 6, 2, 7],
        [Infinity, 0, 5, 6, 2, 7],
      ];
      const product = (op: typeof binary.maximum) => () => binary.mul(op(a, b), dy);
      expect(await slopes(product(binary.maximum), a)).toEqual(left);
      expect(await slopes(product(binary.maximum), b)).toEqual(right);
      expect(await slopes(product(binary.minimum), a)).toEqual(right);
      expect(await slopes(product(binary.minimum), b)).toEqual(left);
    },
  );

  it("of a quotient keep to the range that they have themselves", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const values = [1e20, 1e-20, -2, 1e30];
    const numerators = [1e20, 1e-20, 3, 1e25];
    const [a, b] = [tensor(device, numerators), tensor(device, values)];
    const got = await slopes(() => binary.div(a, b), b);
    got.forEach((slope, i) => {
      const want = -numerators[i]! / values[i]! / values[i]!;
      expect(Math.abs(slope / want - 1)).toBeLessThan(1e-6);
    });
  });
});

it("two sides of whole numbers are both to be cast", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const [whole, real] = [tensor(device, [1], [1], "i32"), tensor(device, [1])];
  const head = "both sides must be f32, or both f16, got";
  expect(() => binary.div(whole, whole)).toThrow(`${head} i32 and i32: cast both`);
  expect(() => binary.add(whole, real)).toThrow(`${head} i32 and f32: cast one`);
  expect(() => binary.add(real, whole)).toThrow(`${head} f32 and i32: cast one`);
});
