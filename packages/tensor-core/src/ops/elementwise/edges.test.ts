/** @file Elementwise ops where numbers end: NaN, and zeros with a sign. */

import { describe, expect, it } from "vitest";
import { tensor } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { testDevice } from "../../testing/testDevice.ts";
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
