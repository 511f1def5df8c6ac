/** @file Arithmetic of i32 and u32: exact beyond the 24 bits of f32, and around. */

import { expect, it } from "vitest";
import { tensor } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { add, div, maximum, minimum, mul, sub } from "./binary.ts";
import { equal, greater, greaterEqual, less, lessEqual, notEqual } from "./compare.ts";

const device = await testDevice();
const most = 2 ** 31 - 1;

const signed = [0, 1, -1, 7, most, -most - 1, 16_777_217, -123_456_789];
const unsigned = [0, 1, 2 ** 32 - 1, 7, 2 ** 31, 16_777_217, 3_000_000_000, 5];

type Op = (a: Tensor, b: Tensor) => Tensor;
const exact: readonly (readonly [name: string, op: Op, of: (a: number, b: number) => number])[] = [
  ["add", add, (a, b) => a + b],
  ["sub", sub, (a, b) => a - b],
  ["mul", mul, Math.imul],
  ["maximum", maximum, Math.max],
  ["minimum", minimum, Math.min],
];

it.each(exact)("%s", async (_, op, of) => {
  using _scope = device.scope();
  for (const [dtype, values, array] of [
    ["i32", signed, Int32Array],
    ["u32", unsigned, Uint32Array],
  ] as const) {
    const n = values.length;
    // Every pair: a column beside a row.
    const [a, b] = [tensor(device, values, [n, 1], dtype), tensor(device, values, [n], dtype)];
    const y = op(a, b);
    expect(y.dtype).toBe(dtype);
    expect(await y.read()).toEqual(
      array.from(values.flatMap((left) => values.map((right) => of(left, right)))),
    );
  }
});

it("leaves the quotient to floats, and mixed dtypes to a cast", () => {
  using _scope = device.scope();
  const [a, b] = [tensor(device, [1], [1], "i32"), tensor(device, [1], [1], "u32")];
  expect(() => div(a, a)).toThrow("[div] both sides must be f32, or both f16, got i32 and i32: cast both");
  expect(() => add(a, b)).toThrow("[add] both sides must have one dtype, got i32 and u32: cast one");
});

// More than a workgroup, whose rows differ from quad to quad, and beside them one that repeats.
it.each([
  ["equal", equal, (a: number, b: number) => a === b],
  ["notEqual", notEqual, (a: number, b: number) => a !== b],
  ["less", less, (a: number, b: number) => a < b],
  ["lessEqual", lessEqual, (a: number, b: number) => a <= b],
  ["greater", greater, (a: number, b: number) => a > b],
  ["greaterEqual", greaterEqual, (a: number, b: number) => a >= b],
] as const)("%s", async (_, op, of) => {
  using _scope = device.scope();
  for (const [dtype, values] of [
    ["i32", signed],
    ["u32", unsigned],
  ] as const) {
    const [rows, n] = [75, values.length];
    const left = Array.from({ length: rows * n }, (_unused, i) => values[(i * 3 + Math.floor(i / 7)) % n]!);
    const y = op(tensor(device, left, [rows, n], dtype), tensor(device, values, [n], dtype));
    expect(await y.read()).toEqual(Float32Array.from(left, (a, i) => Number(of(a, values[i % n]!))));
  }
});
