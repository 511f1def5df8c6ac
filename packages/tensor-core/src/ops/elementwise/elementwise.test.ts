/** @file Every row of the two elementwise tables against its f64 formula. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Tensor } from "../../tensor/tensor.ts";
import { broadcastShapes, type Shape, sizeOf, stridesOf } from "../../tensor/shape.ts";
import { tensor, zeros } from "../../tensor/create.ts";
import { Random } from "../../tensor/random.ts";
import { valueAndGrad } from "../../autograd/tape.ts";
import { sum } from "../reduce/sum.ts";
import { zeros64 } from "../../testing/array64.ts";
import { awkwardSize, describeOp, type OpCheck } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import * as binary from "./binary.ts";
import { type BinaryName, binaryTable } from "./binaryTable.ts";
import * as unary from "./unary.ts";
import { type UnaryName, unaryTable } from "./unaryTable.ts";

const ranges: Partial<Record<UnaryName, [number, number]>> = {
  log: [0.1, 4],
  sqrt: [0.1, 4],
  rsqrt: [0.2, 4],
  reciprocal: [0.2, 4],
  pow: [0.1, 4],
  sin: [-3, 3],
  cos: [-3, 3],
};
/** Steps make central differences wrong; their slopes have a test of their own. */
const steps = new Set<UnaryName>(["sign", "floor", "ceil", "round"]);
const inHalves = new Set<string>([
  ...(["exp", "tanh", "geluErf", "pow", "addScalar"] as const),
  ...(["sub", "mul", "div", "maximum", "minimum"] as const),
]);
/** clamp is made of two rows. */
const ops = {
  ...unary,
  maxScalar: (x: Tensor, s: number) => unary.clamp(x, s, Infinity),
  minScalar: (x: Tensor, s: number) => unary.clamp(x, -Infinity, s),
};

for (const name of Object.keys(unaryTable) as UnaryName[]) {
  const { reference } = unaryTable[name] as { reference: (x: number, s: number) => number };
  const check: OpCheck<[number, number]> = {
    cases: fc.tuple(awkwardSize, awkwardSize),
    runs: 3,
    shapes: (shape) => ({ x: shape }),
    op: ({ x }) => (ops[name] as (x: Tensor, s: number) => Tensor)(x!, 0.75),
    reference: ({ x }) => ({ shape: x!.shape, data: x!.data.map((value) => reference(value, 0.75)) }),
    opClass: name === "sin" || name === "cos" ? "trigonometric" : "transcendental",
    range: ranges[name] ?? [-4, 4],
    ...(steps.has(name) ? { differentiable: [] } : {}),
  };
  describeOp(name, check);
  // Storage is apart from the table: a few rows show it.
  if (inHalves.has(name)) {
    const cases: [number, number][] = [
      [3, 7],
      [4, 8],
    ];
    describeOp(`${name} of f16`, { ...check, dtype: "f16", cases });
  }
}

const pairs: [Shape, Shape][] = [
  [
    [5, 7],
    [5, 7],
  ],
  [[3, 8], [8]],
  [[3, 5], [5]],
  [
    [2, 1, 4],
    [3, 1],
  ],
  [[4], [2, 3, 4]],
  [[], [3]],
  [
    [2, 3, 1, 5],
    [1, 3, 4, 1],
  ],
];

for (const name of Object.keys(binaryTable) as BinaryName[]) {
  const check: OpCheck<[Shape, Shape]> = {
    cases: pairs,
    shapes: ([a, b]) => ({ a, b }),
    op: ({ a, b }) => binary[name](a!, b!),
    reference: ({ a, b }) => {
      const y = zeros64(broadcastShapes("test", a!.shape, b!.shape));
      const strides = stridesOf(y.shape);
      const at = (from: Shape, i: number) => {
        let index = 0;
        const lead = y.shape.length - from.length;
        from.forEach((n, axis) => {
          const place = Math.floor(i / (strides[axis + lead] ?? 1)) % (y.shape[axis + lead] ?? 1);
          index = index * n + (n === 1 ? 0 : place);
        });
        return index;
      };
      for (let i = 0; i < sizeOf(y.shape); i++) {
        y.data[i] = binaryTable[name].reference(a!.data[at(a!.shape, i)]!, b!.data[at(b!.shape, i)]!);
      }
      return y;
    },
    opClass: "arithmetic",
    gradientDepth: () => 64,
    range: name === "div" ? [0.5, 2] : [-1, 1],
  };
  describeOp(name, check);
  if (inHalves.has(name)) describeOp(`${name} of f16`, { ...check, dtype: "f16" });
}

/** Value and gradients of an op of whole tensors, at elements from `start` to `end` alone. */
async function evaluated(
  op: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Float32Array[],
  start: number,
  end: number,
  dtype: "f32" | "f16" = "f32",
): Promise<Float32Array[]> {
  const device = await testDevice();
  using _scope = device.scope();
  const [slopes, ...given] = inputs.map((values) =>
    tensor(device, values.slice(start, end), [end - start], dtype),
  ) as [Tensor, ...Tensor[]];
  let y = slopes;
  const { grads } = valueAndGrad(
    () => {
      y = op(...given);
      return sum(binary.mul(y, slopes));
    },
    new Map(given.map((t, i) => [`${i}`, t])),
  );
  const read: Float32Array[] = [];
  for (const t of [y, ...grads.values()]) read.push((await t.read()) as Float32Array);
  return read;
}

const draw = (seed: number, low: number, high: number) => {
  const random = new Random(seed);
  return Float32Array.from({ length: 24 }, () => random.uniform(low, high));
};
const check = async (
  op: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Float32Array[],
  dtype: "f32" | "f16" = "f32",
) => {
  const whole = await evaluated(op, inputs, 0, 24, dtype);
  for (const start of [0, 8, 20]) {
    const part = await evaluated(op, inputs, start, start + 4, dtype);
    expect(part).toEqual(whole.map((values) => values.slice(start, start + 4)));
  }
};

/** What central differences are too rough to tell: that no kernel looks at a neighbour. */
describe("an element depends on its own place alone", () => {
  it.each(Object.keys(unaryTable) as UnaryName[])("%s", async (name) => {
    const [low, high] = ranges[name] ?? [-2, 2];
    const op = (x: Tensor) => (ops[name] as (x: Tensor, s: number) => Tensor)(x, 0.75);
    const inputs = [draw(1, 0.5, 2), draw(2, low, high)];
    await check(op as (...inputs: Tensor[]) => Tensor, inputs);
    if (inHalves.has(name)) await check(op as (...inputs: Tensor[]) => Tensor, inputs, "f16");
  });

  it.each(Object.keys(binaryTable) as BinaryName[])("%s", async (name) => {
    const op = binary[name] as (...inputs: Tensor[]) => Tensor;
    const inputs = [draw(1, 0.5, 2), draw(2, 0.5, 2), draw(3, 0.5, 2)];
    await check(op, inputs);
    if (inHalves.has(name)) await check(op, inputs, "f16");
  });
});

describe("elementwise", () => {
  it("names shapes that do not broadcast", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    expect(() => binary.add(zeros(device, [2, 3]), zeros(device, [2]))).toThrow(
      "[add] [2, 3] and [2] do not broadcast",
    );
    expect(() => unary.exp(zeros(device, [2], "i32"))).toThrow("[exp] x must be f32 or f16, got i32");
    expect(() => binary.add(zeros(device, [2]), zeros(device, [2], "f16"))).toThrow(
      "[add] both sides must be f32, or both f16, got f32 and f16: cast one",
    );
    expect(() => unary.clamp(zeros(device, [2]), 2, 1)).toThrow(
      "[clamp] low must not exceed high, got 2 and 1",
    );
  });

  it("takes powers of negative numbers where they are whole", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, [-2, -1, 0, 2]);
    const powers = async (s: number) => Array.from(await unary.pow(x, s).read());
    expect(await powers(3)).toEqual([-8, -1, 0, 8].map((y) => expect.closeTo(y, 5)));
    expect(await powers(2)).toEqual([4, 1, 0, 4].map((y) => expect.closeTo(y, 5)));
    expect(await powers(-1)).toEqual(
      [-0.5, -1, Infinity, 0.5].map((y) => (y === Infinity ? y : expect.closeTo(y, 5))),
    );
    expect(await powers(0)).toEqual([1, 1, 1, 1]);
    expect(await powers(0.5)).toEqual([NaN, NaN, 0, expect.closeTo(Math.SQRT2, 5)]);
  });

  it("has the limits of logarithms and quotients at 0", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const zero = tensor(device, [0, -0, 0, 0]);
    expect(await unary.log(zero).read()).toEqual(new Float32Array(4).fill(-Infinity));
    expect(await unary.reciprocal(zero).read()).toEqual(
      Float32Array.of(Infinity, -Infinity, Infinity, Infinity),
    );
    const quotients = await binary.div(tensor(device, [1, -1, 0, 5]), zero).read();
    expect(quotients).toEqual(Float32Array.of(Infinity, Infinity, NaN, Infinity));
  });

  it("has a logarithm of negative numbers and of NaN on no adapter", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, [-1, -0.3, -Infinity, NaN, -1e-30, 1, Infinity, 2]);
    expect(await unary.log(x).read()).toEqual(
      Float32Array.of(NaN, NaN, NaN, NaN, NaN, 0, Infinity, Math.LN2),
    );
  });

  it("has the error function's digits near 0, where its series begins and ends", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = [1e-6, -0.001, 0.02, 0.0499].map(Math.fround);
    const y = await unary.erf(tensor(device, x)).read();
    // Of the series, the term in x^7 adds less than 1e-9 here.
    const want = x.map((x) => (2 / Math.sqrt(Math.PI)) * (x - x ** 3 / 3 + x ** 5 / 10));
    y.forEach((value, i) => expect(Math.abs(value / want[i]! - 1)).toBeLessThan(6e-7));
  });

  it("has an error function that is off by at most 6e-7", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = Float32Array.from({ length: 4001 }, (_, i) => (i - 2000) / 500);
    const y = await unary.erf(tensor(device, x)).read();
    const off = y.map((value, i) => Math.abs(value - unaryTable.erf.reference(x[i]!)));
    expect(Math.max(...off)).toBeLessThan(6e-7);
  });

  it("shares the gradient between equal sides, and stops it outside of a clamp", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, [-1, 0, 1, 2]);
    const one = tensor(device, [1, 1, 1, 1]);
    const slope = async (fn: () => Tensor) =>
      Array.from(
        (await valueAndGrad(() => sum(fn()), new Map([["x", x]]))
          .grads.get("x")
          ?.read()) ?? [],
      );
    expect(await slope(() => binary.maximum(x, one))).toEqual([0, 0, 0.5, 1]);
    expect(await slope(() => binary.maximum(one, x))).toEqual([0, 0, 0.5, 1]);
    expect(await slope(() => binary.minimum(one, x))).toEqual([1, 1, 0.5, 0]);
    expect(await slope(() => binary.minimum(x, one))).toEqual([1, 1, 0.5, 0]);
    expect(await slope(() => unary.clamp(x, 0, 1))).toEqual([0, 1, 1, 0]);
    for (const steps of [unary.sign, unary.floor, unary.ceil, unary.round]) {
      expect(await slope(() => steps(x))).toEqual([0, 0, 0, 0]);
    }
    expect(await slope(() => unary.relu(x))).toEqual([0, 0, 1, 1]);
    expect(await slope(() => unary.leakyRelu(x, 0.25))).toEqual([0.25, 0.25, 1, 1]);
  });

  it("passes over more workgroups than one axis holds", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const size = 65_536 * 256 + 5;
    const y = await unary.addScalar(zeros(device, [size]), 1).read();
    expect(y.every((value) => value === 1)).toBe(true);
  });
});
