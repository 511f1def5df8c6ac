/** @file The checks of every op must fail on wrong ones. */

import { expect, it } from "vitest";
import { add, mul } from "../ops/elementwise/binary.ts";
import { tensor } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { opChecks } from "./describeOp.ts";

const values = "agrees with its f64 reference, with the same bits on two runs";
const gradient = "has the gradient of its f64 reference, by central differences";

type Op = (x: Tensor) => Tensor;

/** The checks of an op on four numbers, whose definition is made element by element. */
const checksOf = (op: Op, reference: (value: number, index: number) => number) =>
  opChecks("tried", {
    cases: [1, 2, 3],
    shapes: () => ({ x: [4] }),
    op: ({ x }) => op(x as Tensor),
    reference: ({ x }) => ({ shape: x!.shape, data: x!.data.map(reference) }),
    opClass: "arithmetic",
  });

const square = (value: number): number => value * value;
const plus =
  (...data: number[]): Op =>
  (x) =>
    add(mul(x, x), tensor(x.device, data, [4]));

it("a right op passes both", async () => {
  const checks = checksOf((x) => mul(x, x), square);
  expect([...checks.keys()]).toEqual([values, gradient]);
  for (const check of checks.values()) await check();
});

it.each<[string, Op, (value: number, index: number) => number, string]>([
  ["a value", plus(0, 1e-5, 0, 0), square, "tried: element 1 is"],
  ["NaN", plus(0, 0, 0, Number.NaN), square, "tried: element 3 is NaN"],
  ["NaN in the definition", plus(0, 0, 0, 0), (v, i) => (i === 2 ? Number.NaN : v * v), "NaN is among"],
  [
    "all values, where one ought to be infinite",
    plus(0, 5, -77, 0),
    (v, i) => (i === 0 ? Number.POSITIVE_INFINITY : v * v),
    "tried: Infinity is among its values",
  ],
])("an op that is wrong by %s fails", async (_, op, reference, message) => {
  await expect(checksOf(op, reference).get(values)?.()).rejects.toThrow(message);
});

it("an op with another gradient, or one that is infinite, fails", async () => {
  const twice = checksOf(plus(0, 0, 0, 0), (v) => 2 * v * v);
  await expect(twice.get(gradient)?.()).rejects.toThrow("tried, gradient of x: element");
  const endless = checksOf(plus(0, 0, 0, 0), (v) => (v > 2 ? v : Number.POSITIVE_INFINITY));
  await expect(endless.get(gradient)?.()).rejects.toThrow("tried, gradient of x: NaN is among its values");
});
