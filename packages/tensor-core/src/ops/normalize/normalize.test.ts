/** @file softmax, layerNorm and rmsNorm against their formulas in f64. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { ones, tensor, zeros } from "../../tensor/create.ts";
import { Random } from "../../tensor/random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Array64, assertClose, random64, zeros64 } from "../../testing/array64.ts";
import { awkwardSize, describeOp } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { tolerance } from "../../testing/tolerance.ts";
import { add, mul } from "../elementwise/binary.ts";
import { sum } from "../reduce/sum.ts";
import { layerNorm } from "./layerNorm.ts";
import { rmsNorm } from "./rmsNorm.ts";
import { softmax } from "./softmax.ts";

type Size = readonly [rows: number, dim: number];
const sizes: fc.Arbitrary<Size> = fc.tuple(
  awkwardSize,
  fc.oneof(awkwardSize, fc.constantFrom(100, 255, 300)),
);

/** Applies `f` to each row of x. */
function byRow(x: Array64, f: (row: number[]) => number[]): Array64 {
  const y = zeros64(x.shape);
  const dim = x.shape.at(-1) as number;
  for (let i = 0; i < x.data.length; i += dim) y.data.set(f([...x.data.subarray(i, i + dim)]), i);
  return y;
}

const sumOf = (row: number[]) => row.reduce((a, b) => a + b, 0);
const at = (x: Array64 | undefined, i: number) => x?.data[i] as number;

for (const without of [[], ["subgroups"]]) {
  const suffix = without.length > 0 ? " without subgroups" : "";

  describeOp<Size>(`softmax${suffix}`, {
    cases: sizes,
    without,
    shapes: (size) => ({ x: size }),
    range: [-8, 8],
    op: ({ x }) => softmax(x!),
    reference: ({ x }) =>
      byRow(x!, (row) => {
        const total = sumOf(row.map((value) => Math.exp(value)));
        return row.map((value) => Math.exp(value) / total);
      }),
    opClass: "composite",
    depth: ([, dim]) => dim,
  });

  describeOp<Size>(`layerNorm${suffix}`, {
    // A row of one has a variance of 0: its gradient is cancellation alone.
    cases: sizes.filter(([, dim]) => dim > 1),
    without,
    shapes: ([rows, dim]) => ({ x: [rows, dim], weight: [dim], bias: [dim] }),
    range: [-3, 3],
    op: ({ x, weight, bias }) => layerNorm(x!, weight!, bias!, { eps: 1e-2 }),
    reference: ({ x, weight, bias }) =>
      byRow(x!, (row) => {
        const mean = sumOf(row) / row.length;
        const variance = sumOf(row.map((value) => (value - mean) ** 2)) / row.length;
        return row.map(
          (value, i) => ((value - mean) / Math.sqrt(variance + 1e-2)) * at(weight, i) + at(bias, i),
        );
      }),
    opClass: "composite",
    depth: ([, dim]) => dim,
    gradientDepth: ([rows, dim]) => Math.max(rows, dim),
  });

  describeOp<Size>(`rmsNorm${suffix}`, {
    cases: sizes,
    without,
    shapes: ([rows, dim]) => ({ x: [rows, dim], weight: [dim] }),
    range: [-3, 3],
    op: ({ x, weight }) => rmsNorm(x!, weight!, { eps: 1e-2 }),
    reference: ({ x, weight }) =>
      byRow(x!, (row) => {
        const square = sumOf(row.map((value) => value * value)) / row.length;
        return row.map((value, i) => (value / Math.sqrt(square + 1e-2)) * at(weight, i));
      }),
    opClass: "composite",
    depth: ([, dim]) => dim,
    gradientDepth: ([rows, dim]) => Math.max(rows, dim),
  });
}

describe("gradients of weights", () => {
  const [rows, dim] = [2051, 6]; // by blocks of rows on every device
  const normalize = { layerNorm, rmsNorm: (x: Tensor, weight: Tensor) => rmsNorm(x, weight, { eps: 0 }) };

  it.each(["layerNorm", "rmsNorm"] as const)("of %s are sums over many rows", async (name) => {
    const device = await testDevice();
    using _scope = device.scope();
    const [x, dy] = [1, 2].map((seed) => random64([rows, dim], new Random(seed), -1, 1)) as [
      Array64,
      Array64,
    ];
    const [weight, bias] = [zeros(device, [dim]), zeros(device, [dim])];
    const params = new Map(Object.entries(name === "layerNorm" ? { weight, bias } : { weight }));
    const inputs = [tensor(device, x.data, x.shape), tensor(device, dy.data, dy.shape)] as const;
    const { grads } = valueAndGrad(
      () => sum(mul(normalize[name](inputs[0], weight, bias), inputs[1])),
      params,
    );
    const h = byRow(x, (row) => {
      const center = name === "layerNorm" ? sumOf(row) / dim : 0;
      const eps = name === "layerNorm" ? 1e-5 : 0;
      const deviation = Math.sqrt(sumOf(row.map((value) => (value - center) ** 2)) / dim + eps);
      return row.map((value) => (value - center) / deviation);
    });
    const want = { weight: new Float64Array(dim), bias: new Float64Array(dim) };
    dy.data.forEach((value, i) => {
      want.bias[i % dim]! += value;
      want.weight[i % dim]! += value * at(h, i);
    });
    for (const [key, gradient] of grads) {
      assertClose(key, await gradient.read(), want[key as "bias"], tolerance("composite", rows, 60));
    }
  });
});

describe("the gradient of x", () => {
  it.each([
    ["layerNorm", 6],
    ["layerNorm", 8],
    ["rmsNorm", 6],
    ["rmsNorm", 8],
  ] as const)("of %s is added to that of a residual, %i wide", async (name, dim) => {
    const device = await testDevice();
    using _scope = device.scope();
    const [x, slopes, weight] = [1, 2, 3].map((seed) => {
      const { data, shape } = random64(seed < 3 ? [5, dim] : [dim], new Random(seed), -1, 1);
      return tensor(device, data, shape);
    }) as [Tensor, Tensor, Tensor];
    const normalized = () =>
      name === "layerNorm" ? layerNorm(x, weight, zeros(device, [dim])) : rmsNorm(x, weight);
    const slope = async (y: () => Tensor) =>
      (await valueAndGrad(() => sum(mul(y(), slopes)), new Map([["x", x]]))
        .grads.get("x")!
        .read()) as Float32Array;
    const alone = await slope(normalized);
    const known = (await slopes.read()) as Float32Array;
    const got = await slope(() => add(normalized(), x));
    assertClose(
      name,
      got,
      alone.map((value, i) => value + known[i]!),
      1e-6,
    );
  });
});

describe("a row's gradient", () => {
  const [rows, dim] = [16_411, 5]; // more rows than threads take in order
  const ops = {
    softmax,
    layerNorm: (x: Tensor) => layerNorm(x, ones(x.device, [dim]), zeros(x.device, [dim])),
    rmsNorm: (x: Tensor) => rmsNorm(x, ones(x.device, [dim])),
  };

  it.each(["softmax", "layerNorm", "rmsNorm"] as const)(
    "of %s is the same wherever it stands",
    async (name) => {
      const device = await testDevice();
      using _scope = device.scope();
      const turned = (values: ArrayLike<number>) =>
        Float32Array.from({ length: rows * dim }, (_, i) => values[(rows - 1) * dim - i + 2 * (i % dim)]!);
      const gradient = async (given: Float32Array, slopes: Float32Array) => {
        const [x, dy] = [given, slopes].map((values) => tensor(device, values, [rows, dim])) as [
          Tensor,
          Tensor,
        ];
        const { grads } = valueAndGrad(() => sum(mul(ops[name](x), dy)), new Map([["x", x]]));
        return (await grads.get("x")!.read()) as Float32Array;
      };
      const [x, dy] = [1, 2].map((seed) =>
        Float32Array.from(random64([rows, dim], new Random(seed), -1, 1).data),
      ) as [Float32Array, Float32Array];
      const want = turned(await gradient(x, dy));
      const got = await gradient(turned(x), turned(dy));
      expect(got.findIndex((value, i) => value !== want[i])).toBe(-1);
    },
  );
});

describe("softmax", () => {
  it.each([3, 4, 64])("takes no notice of the row after, %i wide", async (width) => {
    const device = await testDevice();
    using _scope = device.scope();
    const values = Float32Array.from({ length: 2 * width }, (_, i) => (i === width ? 5000 : 0));
    const y = await softmax(tensor(device, values, [2, width])).read();
    expect(y.subarray(0, width).every((value) => Math.abs(value - 1 / width) < 1e-6)).toBe(true);
  });

  it("finds the largest element wherever it stands in a quad", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const hot = Float32Array.from({ length: 64 }, (_, i) => (i % 9 === 0 ? 200 : 0)); // a diagonal of [8, 8]
    const y = await softmax(tensor(device, hot, [8, 8])).read();
    expect(Array.from(y)).toEqual(Array.from(hot, (value) => value / 200));
  });

  it.each([67, 260])("finds the largest element of a row of %i by a tree of lanes", async (width) => {
    const device = await testDevice(["subgroups"]);
    using _scope = device.scope();
    // A diagonal: e^200 is no f32, so that each row asks for its own largest element.
    const hot = Float32Array.from({ length: width * width }, (_, i) => (i % (width + 1) === 0 ? 200 : 0));
    const y = await softmax(tensor(device, hot, [width, width])).read();
    expect(y.findIndex((value, i) => value !== hot[i]! / 200)).toBe(-1);
  });

  it("neither overflows nor loses rows of large values", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const y = await softmax(tensor(device, [1000, 1000, -1000, -1000, -3e38, 0], [3, 2])).read();
    expect([...y]).toEqual([0.5, 0.5, 0.5, 0.5, 0, 1]);
  });

  it.each([
    ["f32", 4],
    ["f32", 7],
    ["f16", 8],
  ] as const)(
    "gives NaN for a row with NaN in it, and for that row alone, of %s, %s long",
    async (dtype, n) => {
      const device = await testDevice();
      for (const at of [n, 2 * n - 1]) {
        using _scope = device.scope();
        const values = Float32Array.from({ length: 3 * n }, (_, i) => (i === at ? NaN : i % 5));
        const y = Array.from(await softmax(tensor(device, values, [3, n], dtype)).read(), Number.isNaN);
        expect(y).toEqual(y.map((_, i) => Math.floor(i / n) === 1));
      }
    },
  );

  it("names a tensor without an axis", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    expect(() => softmax(tensor(device, [1], []))).toThrow(
      "[softmax] x must be f32 or f16 with at least one axis",
    );
  });
});

describe("layerNorm", () => {
  it("keeps its digits far from zero", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const row = Float32Array.from({ length: 96 }, (_, i) => 1e4 + (i % 7));
    const mean = row.reduce((a, b) => a + b, 0) / 96;
    const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / 96;
    const weight = tensor(device, new Float32Array(96).fill(1));
    const y = await layerNorm(tensor(device, row, [1, 96]), weight, zeros(device, [96])).read();
    // The mean itself is rounded to 2^-10 at 1e4.
    assertClose(
      "layerNorm",
      y,
      row.map((value) => (value - mean) / Math.sqrt(variance + 1e-5)),
      2e-3,
    );
  });

  it("names parameters that do not fit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const [x, three, four] = [zeros(device, [2, 4]), zeros(device, [3]), zeros(device, [4])];
    expect(() => layerNorm(x, three, four)).toThrow("[layerNorm] weight must be [4] f32, got [3] f32");
    expect(() => layerNorm(x, four, three)).toThrow("[layerNorm] bias must be [4] f32, got [3] f32");
    expect(() => rmsNorm(x, three)).toThrow("[rmsNorm] weight must be [4] f32, got [3] f32");
  });
});
