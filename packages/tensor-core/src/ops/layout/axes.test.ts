/** @file flip against a loop, and axes of size one by their shapes. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { tensor, zeros } from "../../tensor/create.ts";
import { zeros64 } from "../../testing/array64.ts";
import { awkwardSize, describeOp, type OpCheck } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { mul } from "../elementwise/binary.ts";
import { sum } from "../reduce/sum.ts";
import { expand, flatten, squeeze, stack, unsqueeze } from "./axes.ts";
import { flip } from "./flip.ts";

interface Case {
  readonly shape: number[];
  readonly axes: number[];
}

const flipCheck: OpCheck<Case> = {
  cases: fc.record({
    shape: fc.tuple(fc.constantFrom(1, 3), awkwardSize, fc.constantFrom(1, 4, 5)),
    axes: fc.uniqueArray(fc.constantFrom(-1, 0, 1), { minLength: 0 }),
  }),
  shapes: ({ shape }) => ({ x: shape }),
  op: ({ x }, { axes }) => flip(x!, axes),
  reference: ({ x }, { shape, axes }) => {
    const [a, b, c] = shape as [number, number, number];
    const y = zeros64(shape);
    const back = [0, 1, 2].map((axis) => axes.includes(axis) || axes.includes(axis - 3));
    x!.data.forEach((value, i) => {
      const place = [Math.floor(i / (b * c)), Math.floor(i / c) % b, i % c];
      const [p, q, r] = place.map((n, axis) => (back[axis] ? shape[axis]! - 1 - n : n)) as [
        number,
        number,
        number,
      ];
      y.data[(p * b + q) * c + r] = value;
    });
    expect(y.data.length).toBe(a * b * c);
    return y;
  },
  opClass: "copy",
};
describeOp("flip", flipCheck);
describeOp("flip of f16", { ...flipCheck, dtype: "f16", runs: 6 });

describe("axes of size one", () => {
  it("come and go", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = zeros(device, [2, 1, 3]);
    expect(unsqueeze(x, -1).shape).toEqual([2, 1, 3, 1]);
    expect(unsqueeze(x, 0).shape).toEqual([1, 2, 1, 3]);
    expect(squeeze(x).shape).toEqual([2, 3]);
    expect(squeeze(x, 1).shape).toEqual([2, 3]);
    expect(flatten(x).shape).toEqual([6]);
    expect(flatten(x, 1).shape).toEqual([2, 3]);
    expect(flatten(zeros(device, [])).shape).toEqual([1]);
    expect(expand(x, [4, -1, 5, -1]).shape).toEqual([4, 2, 5, 3]);
    expect(() => squeeze(x, 0)).toThrow("[squeeze] axis 0 of [2, 1, 3] has size 2, not 1");
    expect(() => flatten(x, 2, 1)).toThrow("[flatten] axis 1 comes before axis 2");
    expect(() => expand(x, [2, 1, 4])).toThrow("[broadcastTo] [2, 1, 3] and [2, 1, 4] do not broadcast");
    expect(() => expand(x, [-1, 2, 1, 3])).toThrow(
      "[expand] every dimension must be a whole number >= 0, got [-1, 2, 1, 3]",
    );
    expect(() => unsqueeze(x, 5)).toThrow("[unsqueeze] axis 5 is out of range for rank 4");
  });

  it("join tensors", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const [a, b] = [tensor(device, [1, 2, 3]), tensor(device, [4, 5, 6])];
    expect(await stack([a, b]).read()).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    const columns = stack([a, b], -1);
    expect(columns.shape).toEqual([3, 2]);
    expect(await columns.read()).toEqual(Float32Array.of(1, 4, 2, 5, 3, 6));
    const weights = tensor(device, [1, 10, 2, 20, 3, 30], [3, 2]);
    const { grads } = valueAndGrad(() => sum(mul(stack([a, b], 1), weights)), new Map([["b", b]]));
    expect(await grads.get("b")?.read()).toEqual(Float32Array.of(10, 20, 30));
    expect(() => stack([])).toThrow("[stack] needs at least one tensor");
    expect(() => stack([a, zeros(device, [2])])).toThrow(
      "[stack] all must be [3] f32, as the first, got [2] f32",
    );
    expect(() => stack([a, zeros(device, [3], "i32")])).toThrow(
      "[stack] all must be [3] f32, as the first, got [3] i32",
    );
    expect(() => stack([a, b], 5)).toThrow("[stack] axis 5 is out of range for rank 2");
  });
});
