/** @file Extremes, running sums and log-sum-exp against loops over lines in f64. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { tensor, zeros } from "../../tensor/create.ts";
import { Random } from "../../tensor/random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Array64, zeros64 } from "../../testing/array64.ts";
import { awkwardSize, describeOp, type OpCheck } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { cumsum } from "./cumsum.ts";
import { argmax, argmin, max, min } from "./extremes.ts";
import { logSoftmax, logSumExp, standardDeviation, variance } from "./logSumExp.ts";
import { prod } from "./prod.ts";
import { sum } from "./sum.ts";
import { all, any } from "./truth.ts";

interface Case {
  readonly shape: number[];
  readonly axis: number;
}

const cases: fc.Arbitrary<Case> = fc.record({
  shape: fc.tuple(fc.constantFrom(1, 3), awkwardSize, fc.constantFrom(1, 4, 7)),
  axis: fc.constantFrom(0, 1, 2),
});

/** Replaces each line along the axis by what `fn` makes of it: one number, or as many as the line has. */
function alongAxis(x: Array64, axis: number, keep: boolean, fn: (line: number[]) => number[]): Array64 {
  const inner = x.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const n = x.shape[axis]!;
  const out = zeros64(x.shape.with(axis, keep ? n : 1));
  for (let line = 0; line < x.data.length / n; line++) {
    const [outer, column] = [Math.floor(line / inner), line % inner];
    const values = fn(Array.from({ length: n }, (_, i) => x.data[(outer * n + i) * inner + column]!));
    values.forEach((value, i) => (out.data[(outer * values.length + i) * inner + column] = value));
  }
  return keep ? out : { shape: x.shape.toSpliced(axis, 1), data: out.data };
}

type Op = (x: Tensor, axis: number) => Tensor;

function check(
  op: Op,
  keep: boolean,
  fn: (line: number[]) => number[],
  more: Partial<OpCheck<Case>>,
): OpCheck<Case> {
  return {
    cases,
    runs: 8,
    shapes: ({ shape }) => ({ x: shape }),
    op: ({ x }, { axis }) => op(x!, axis),
    reference: ({ x }, { axis }) => alongAxis(x!, axis, keep, fn),
    opClass: "copy",
    ...more,
  };
}

const length = ({ shape, axis }: Case) => shape[axis]!;
const logOfSum = (line: number[]) => Math.log(line.reduce((total, x) => total + Math.exp(x), 0));
const spread = (line: number[], correction: number) => {
  const center = line.reduce((a, b) => a + b, 0) / line.length;
  return line.reduce((total, x) => total + (x - center) ** 2, 0) / (line.length - correction);
};

describeOp(
  "max",
  check(max, false, (line) => [Math.max(...line)], { gradientDepth: () => 1 }),
);
describeOp(
  "min of f16",
  check(min, false, (line) => [Math.min(...line)], { dtype: "f16", runs: 4 }),
);
describeOp(
  "argmax",
  check(argmax, false, (line) => [line.indexOf(Math.max(...line))], { differentiable: [] }),
);
describeOp(
  "argmin",
  check(argmin, false, (line) => [line.indexOf(Math.min(...line))], { differentiable: [] }),
);
describeOp(
  "cumsum",
  check(cumsum, true, (line) => line.map((_, i) => line.slice(0, i + 1).reduce((a, b) => a + b, 0)), {
    opClass: "reduction",
    depth: length,
  }),
);
const product = (line: number[]) => line.reduce((a, b) => a * b, 1);
describeOp(
  "prod",
  check(prod, false, (line) => [product(line)], { opClass: "reduction", depth: length, range: [0.8, 1.25] }),
);
describeOp(
  "prod of f16",
  check(prod, false, (line) => [product(line)], {
    opClass: "reduction",
    depth: length,
    range: [0.9, 1.1],
    dtype: "f16",
    runs: 4,
  }),
);
describeOp(
  "logSumExp",
  check(logSumExp, false, (line) => [logOfSum(line)], { opClass: "composite", depth: length }),
);
describeOp(
  "logSoftmax",
  check(logSoftmax, true, (line) => line.map((x) => x - logOfSum(line)), {
    opClass: "composite",
    depth: length,
  }),
);
describeOp(
  "variance",
  check(
    (x, axis) => variance(x, axis, { correction: 0 }),
    false,
    (line) => [spread(line, 0)],
    {
      opClass: "composite",
      depth: length,
    },
  ),
);

describe("reductions", () => {
  it("take all elements where no axis is given", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, [1, 5, 2, 8, -3, 0], [2, 3]);
    expect(await max(x).item()).toBe(8);
    expect(min(x, undefined, { keepAxis: true }).shape).toEqual([1, 1]);
    expect(max(x, 1, { keepAxis: true }).shape).toEqual([2, 1]);
    expect(await standardDeviation(x).item()).toBeCloseTo(Math.sqrt(spread([1, 5, 2, 8, -3, 0], 1)), 5);
    expect(await variance(tensor(device, [4])).item()).toBeNaN();
  });

  it("multiply past zeros, whose gradients are the products of the rest", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, [2, 3, 4, 2, 0, 5, 0, 0, 7], [3, 3]);
    expect(await prod(x, 1).read()).toEqual(Float32Array.of(24, 0, 0));
    expect(await prod(x).item()).toBe(0);
    expect(prod(x, undefined, { keepAxis: true }).shape).toEqual([1, 1]);
    expect(await prod(zeros(device, [2, 0]), 1).read()).toEqual(Float32Array.of(1, 1));
    const { grads } = valueAndGrad(() => sum(prod(x, 1)), new Map([["x", x]]));
    expect(await grads.get("x")?.read()).toEqual(Float32Array.of(12, 8, 6, 0, 10, 0, 0, 0, 0));
    const long = prod(
      tensor(
        device,
        Float32Array.from({ length: 3000 }, (_, i) => (i % 2 ? 0.5 : 2)),
      ),
    );
    expect(await long.item()).toBe(1);
  });

  it("say whether any or all elements are not zero", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, [0, 0, -0, 0, 5, Number.NaN, 1, 2, -3], [3, 3]);
    expect(await any(x, 1).read()).toEqual(Float32Array.of(0, 1, 1));
    expect(await all(x, 1).read()).toEqual(Float32Array.of(0, 0, 1));
    expect(await any(x, -2, { keepAxis: true }).read()).toEqual(Float32Array.of(1, 1, 1));
    expect(await all(tensor(device, [1, Number.NaN])).item()).toBe(1);
    expect([await any(x).item(), await all(x).item()]).toEqual([1, 0]);
    expect(await all(tensor(device, [4, -1], [2], "i32")).item()).toBe(1);
    expect(await any(tensor(device, [0, 0, 1], [3], "f16")).item()).toBe(1);
    const none = zeros(device, [2, 0]);
    expect(await any(none, 1).read()).toEqual(Float32Array.of(0, 0));
    expect(await all(none, 1, { keepAxis: true }).read()).toEqual(Float32Array.of(1, 1));
    expect(await all(none).item()).toBe(1);
    expect(() => any(x, 2)).toThrow("[any] axis 2 is out of range for rank 2");
  });

  it("share the gradient between equal elements, and name the first of them", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, [3, 1, 3, 2]);
    const { grads } = valueAndGrad(() => sum(max(x)), new Map([["x", x]]));
    expect(await grads.get("x")?.read()).toEqual(Float32Array.of(0.5, 0, 0.5, 0));
    expect(await argmax(x).item()).toBe(0);
    expect(await argmax(zeros(device, [3, 200]), 1).read()).toEqual(Int32Array.of(0, 0, 0));
  });

  it("name the first of many equal extremes, in lines longer than a workgroup", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    for (const n of [31, 64, 97, 200]) {
      const random = new Random(n);
      const rows = Array.from({ length: 60 }, () =>
        Array.from({ length: n }, () => Math.floor(random.uniform(0, 1) * random.uniform(1, 5))),
      );
      rows.push(...rows.map((row) => row.map((value) => 5 - value)));
      // The line after begins with what no line before it may see.
      rows.push(
        Array.from({ length: n }, () => 0),
        Array.from({ length: n }, (_, i) => (i === 0 ? 9 : 0)),
      );
      rows.push(Array.from({ length: n }, (_, i) => (i === 0 ? -9 : 0)));
      const x = tensor(device, rows.flat(), [rows.length, n]);
      expect(Array.from(await argmax(x).read())).toEqual(rows.map((row) => row.indexOf(Math.max(...row))));
      expect(Array.from(await argmin(x).read())).toEqual(rows.map((row) => row.indexOf(Math.min(...row))));
    }
  });

  it("keep infinities", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const none = tensor(device, [-Infinity, -Infinity]);
    expect(await max(none).item()).toBe(-Infinity);
    expect(await logSumExp(none, 0).item()).toBe(-Infinity);
    expect(await logSumExp(tensor(device, [-Infinity, 2, 1000]), 0).item()).toBe(1000);
  });

  it("pass over more workgroups than one axis holds, and over long lines", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const places = await argmax(zeros(device, [65_536 + 3, 2]), 1).read();
    expect(places.every((place) => place === 0)).toBe(true);
    const values = Float32Array.from({ length: 100_003 }, (_, i) => (i * 7919) % 100_003);
    expect(await max(tensor(device, values)).item()).toBe(100_002);
    expect(await argmax(tensor(device, values)).item()).toBe(values.indexOf(100_002));
  });

  it("name what does not fit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    expect(() => max(zeros(device, [2, 0]), 1)).toThrow("[max] axis 1 of [2, 0] has no element to choose");
    expect(() => argmax(zeros(device, [2]), 1)).toThrow("[argmax] axis 1 is out of range for rank 1");
    expect(() => argmin(zeros(device, [2], "i32"))).toThrow(
      "[argmin] x must be f32 or f16, got i32: cast it",
    );
    expect(() => cumsum(zeros(device, [2], "i32"), 0)).toThrow("[cumsum] x must be f32 or f16, got i32");
  });
});
