/** @file Powers of one tensor to another against Math.pow, and at the edges of their range. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { tensor, zeros } from "../../tensor/create.ts";
import type { Shape } from "../../tensor/shape.ts";
import { zeros64 } from "../../testing/array64.ts";
import { awkwardSize, describeOp, type OpCheck } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { sum } from "../reduce/sum.ts";
import { pow } from "./power.ts";

type Case = [rows: number, columns: number, repeats: boolean];

const check: OpCheck<Case> = {
  cases: fc.tuple(awkwardSize, awkwardSize, fc.boolean()),
  runs: 6,
  shapes: ([rows, columns, repeats]): Record<string, Shape> => ({
    x: [rows, columns],
    exponent: repeats ? [columns] : [rows, columns],
  }),
  op: ({ x, exponent }) => pow(x!, exponent!),
  reference: ({ x, exponent }) => {
    const y = zeros64(x!.shape);
    x!.data.forEach((value, i) => (y.data[i] = value ** exponent!.data[i % exponent!.data.length]!));
    return y;
  },
  opClass: "transcendental",
  gradientDepth: ([rows]) => rows,
  range: [0.2, 3],
};
describeOp("pow of two tensors", check);
describeOp("pow of two tensors of f16", {
  ...check,
  dtype: "f16",
  cases: [
    [3, 7, false],
    [4, 8, true],
    [9, 64, false],
  ],
});

describe("pow of two tensors", () => {
  it("has the signs, the infinities and the NaN of Math.pow", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const bases = [-2, -2, -2, -2, 0, 0, 0, 0, -1, 3, 4];
    const exponents = [2, 3, -3, 0, 2, 0.5, 0, -1, 7, -2, 0.5];
    const y = await pow(tensor(device, bases), tensor(device, exponents)).read();
    y.forEach((value, i) => expect(value).toBeCloseTo(bases[i]! ** exponents[i]!, 5));
    expect(await pow(tensor(device, [-2]), tensor(device, [0.5])).item()).toBeNaN();
    expect(await pow(tensor(device, [2, 3]), 2).read()).toEqual(Float32Array.of(4, 9));
  });

  it.each(["f32", "f16"] as const)(
    "has slopes of zero where the power does not change, in %s",
    async (dtype) => {
      const device = await testDevice();
      using _scope = device.scope();
      const x = tensor(device, [0, 0, -2, -2], [4], dtype);
      const exponent = tensor(device, [2, 0, 3, 0], [4], dtype);
      const params = new Map([
        ["x", x],
        ["exponent", exponent],
      ]);
      const { grads } = valueAndGrad(() => sum(pow(x, exponent)), params);
      const [dx, dexponent] = [await grads.get("x")!.read(), await grads.get("exponent")!.read()];
      [0, 0, 12, 0].forEach((value, i) => expect(dx[i]).toBeCloseTo(value, 4));
      expect(Array.from(dexponent).slice(0, 2)).toEqual([0, 0]);
      expect(dexponent[2]).toBeNaN();
      const pole = new Map([["exponent", tensor(device, [-1], [1], dtype)]]);
      const atPole = () => sum(pow(tensor(device, [0], [1], dtype), pole.get("exponent")!));
      expect(await valueAndGrad(atPole, pole).grads.get("exponent")!.item()).toBe(-Infinity);
    },
  );

  it("names what does not fit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    expect(() => pow(zeros(device, [2]), zeros(device, [3]))).toThrow("[pow] [2] and [3] do not broadcast");
    expect(() => pow(zeros(device, [2]), zeros(device, [2], "f16"))).toThrow(
      "[pow] both sides must be f32, or both f16, got f32 and f16",
    );
    expect(pow(zeros(device, [0, 3]), zeros(device, [3])).shape).toEqual([0, 3]);
  });
});
