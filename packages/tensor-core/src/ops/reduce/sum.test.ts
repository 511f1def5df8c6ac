/** @file sum, mean and sumTo against loops in f64. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ones, zeros } from "../../tensor/create.ts";
import { type Array64, zeros64 } from "../../testing/array64.ts";
import { awkwardSize, describeOp } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { mean, sum, sumTo } from "./sum.ts";

interface Case {
  readonly shape: number[];
  readonly axis: number;
  readonly keepAxis: boolean;
}

const cases: fc.Arbitrary<Case> = fc.record({
  shape: fc.tuple(fc.constantFrom(1, 3), awkwardSize, fc.constantFrom(1, 4, 65)),
  axis: fc.integer({ min: -3, max: 2 }),
  keepAxis: fc.boolean(),
});

function summed(x: Array64, { shape, axis, keepAxis }: Case): Array64 {
  const at = axis < 0 ? axis + 3 : axis;
  const [, n1, n2] = shape as [number, number, number];
  const kept = shape.map((n, i) => (i === at ? 1 : n)) as [number, number, number];
  const data = zeros64(kept).data;
  x.data.forEach((value, i) => {
    const place = [Math.floor(i / (n1 * n2)), Math.floor(i / n2) % n1, i % n2].with(at, 0);
    data[(place[0]! * kept[1] + place[1]!) * kept[2] + place[2]!]! += value;
  });
  return { shape: keepAxis ? kept : shape.toSpliced(at, 1), data };
}

const length = ({ shape, axis }: Case) => shape.at(axis)!;

for (const op of [sum, mean]) {
  describeOp<Case>(op.name === "sum" ? "sum over an axis" : "mean over an axis", {
    cases,
    shapes: ({ shape }) => ({ x: shape }),
    op: ({ x }, { axis, keepAxis }) => op(x!, axis, { keepAxis }),
    reference: ({ x }, c) => {
      const { shape, data } = summed(x!, c);
      return { shape, data: op === sum ? data : data.map((value) => value / length(c)) };
    },
    opClass: "reduction",
    depth: length,
    gradientDepth: () => 1,
  });

  describeOp<{ shape: number[] }>(op === sum ? "sum over all" : "mean over all", {
    cases: fc.record({
      shape: fc.oneof(fc.constant<number[]>([]), fc.tuple(awkwardSize), fc.tuple(awkwardSize, awkwardSize)),
    }),
    shapes: ({ shape }) => ({ x: shape }),
    op: ({ x }) => op(x!),
    reference: ({ x }) => {
      const total = x!.data.reduce((a, b) => a + b, 0);
      return { shape: [], data: Float64Array.of(op === sum ? total : total / x!.data.length) };
    },
    opClass: "reduction",
    depth: ({ shape }) => shape.reduce((a, b) => a * b, 1),
    gradientDepth: () => 1,
  });
}

describeOp<{ from: number[]; to: number[] }>("sumTo", {
  cases: [
    { from: [3, 5], to: [5] },
    { from: [3, 5], to: [3, 1] },
    { from: [3, 5], to: [] },
    { from: [2, 3, 4, 5], to: [3, 1, 5] },
    { from: [2, 3, 4, 5], to: [1, 3, 1, 1] },
    { from: [2, 3, 4, 5], to: [2, 1, 1, 5] },
    { from: [65, 33], to: [65, 33] },
    // By blocks of rows, in quads and in scalars; the longer ones on software devices too.
    { from: [290, 8], to: [8] },
    { from: [2, 290, 3], to: [2, 1, 3] },
    { from: [2051, 8], to: [8] },
    { from: [2, 2051, 3], to: [2, 1, 3] },
  ],
  shapes: ({ from }) => ({ x: from }),
  op: ({ x }, { to }) => sumTo(x!, to),
  reference: ({ x }, { from, to }) => {
    const y = zeros64(to);
    x!.data.forEach((value, i) => {
      let [rest, index, step] = [i, 0, 1];
      for (let axis = from.length - 1; axis >= 0; axis--) {
        const place = rest % from[axis]!;
        rest = Math.floor(rest / from[axis]!);
        const own = axis - (from.length - to.length);
        if (own < 0) continue;
        if (to[own] !== 1) index += place * step;
        step *= to[own]!;
      }
      y.data[index]! += value;
    });
    return y;
  },
  opClass: "reduction",
  depth: ({ from }) => Math.max(120, ...from),
  gradientDepth: () => 1,
});

describe("sum", () => {
  it("sums a million ones exactly", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    expect(await sum(ones(device, [1000, 1000])).item()).toBe(1e6);
    expect(await mean(ones(device, [1 << 20])).item()).toBe(1);
  });

  it("gives 0 for no elements", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    expect(await sum(zeros(device, [0])).item()).toBe(0);
    expect(await sum(zeros(device, [2, 0]), 1).read()).toEqual(Float32Array.of(0, 0));
  });

  it("names an axis or a dtype that does not fit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    expect(() => sum(zeros(device, [2, 3]), 2)).toThrow(
      "[sum] axis 2 is out of range for rank 2: use -2 to 1",
    );
    expect(() => mean(zeros(device, [2]), -2)).toThrow("[mean] axis -2 is out of range");
    expect(() => mean(zeros(device, [2], "i32"))).toThrow("[mean] x must be f32 or f16, got i32: cast it");
  });
});
