/** @file softmax of f16 against its formula in f64. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { tensor, zeros } from "../../tensor/create.ts";
import { fromFloat16, toFloat16 } from "../../tensor/float16.ts";
import { Random } from "../../tensor/random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Array64, random64, zeros64 } from "../../testing/array64.ts";
import { awkwardSize, describeOp, type OpCheck } from "../../testing/describeOp.ts";
import { narrowDevice, testDevice } from "../../testing/testDevice.ts";
import { mul } from "../elementwise/binary.ts";
import { cast } from "../layout/cast.ts";
import { sum } from "../reduce/sum.ts";
import { softmax } from "./softmax.ts";

type Size = readonly [rows: number, dim: number];
const quads = [4, 8, 12, 64, 68, 260];
const torn = [2, 3, 5, 66];
// Rows of words, of halves of words, and of one element.
const sizes: fc.Arbitrary<Size> = fc.tuple(awkwardSize, fc.constantFrom(...quads, ...quads, ...torn));

const sumOf = (row: readonly number[]) => row.reduce((a, b) => a + b, 0);

/** Applies `f` to each row of x. */
function byRow(x: Array64, f: (row: number[]) => number[]): Array64 {
  const y = zeros64(x.shape);
  const dim = x.shape.at(-1)!;
  for (let i = 0; i < x.data.length; i += dim) y.data.set(f([...x.data.subarray(i, i + dim)]), i);
  return y;
}

const checks: Readonly<Record<string, Pick<OpCheck<Size>, "shapes" | "op" | "reference" | "gradientDepth">>> =
  {
    softmax: {
      shapes: (size) => ({ x: size }),
      op: ({ x }) => softmax(x!),
      reference: ({ x }) =>
        byRow(x!, (row) => {
          const total = sumOf(row.map(Math.exp));
          return row.map((value) => Math.exp(value) / total);
        }),
    },
  };

for (const [name, check] of Object.entries(checks)) {
  for (const without of [[], ["subgroups"]]) {
    describeOp<Size>([`${name} of f16`, ...without.map((feature) => `without ${feature}`)].join(" "), {
      ...check,
      cases: sizes,
      dtype: "f16",
      without,
      runs: 8,
      range: [-4, 4],
      opClass: "composite",
      depth: ([, dim]) => dim,
    });
  }
}

const halves = (values: ArrayLike<number>) => fromFloat16(toFloat16(values));
const draw = (shape: readonly number[], seed: number, top: number): Array64 => {
  const { data } = random64(shape, new Random(seed), -top, top);
  return { shape, data: Float64Array.from(halves(data)) };
};

/** The value and the gradients of op(x) weighted by slopes, with the dtype of each. */
async function valueAndGradients(
  op: (x: Tensor) => Tensor,
  x: Tensor,
  slopes: Tensor,
  params: Readonly<Record<string, Tensor>> = {},
): Promise<Readonly<Record<string, readonly [dtype: string, values: ArrayLike<number>]>>> {
  let y: Tensor | undefined;
  const { grads } = valueAndGrad(
    () => sum(mul(cast((y = op(x)), "f32"), slopes)),
    new Map(Object.entries({ x, ...params })),
  );
  const results: Record<string, readonly [string, ArrayLike<number>]> = { y: [y!.dtype, await y!.read()] };
  for (const [name, gradient] of grads) results[name] = [gradient.dtype, await gradient.read()];
  return results;
}

describe("softmax of f16", () => {
  it("rounds the quotient, and nothing before", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const { data, shape } = draw([9, 64], 1, 8);
    const want = halves((await softmax(tensor(device, data, shape)).read()) as Float32Array);
    const y = softmax(tensor(device, data, shape, "f16"));
    expect(y.dtype).toBe("f16");
    expect(await y.read()).toEqual(want);
  });

  it("keeps the digits of gradients where one weight is nearly 1", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, [8, 0, 0.5, -1], [1, 4], "f16");
    const slopes = [1, 3, -1, 0.5];
    const exponentials = [8, 0, 0.5, -1].map(Math.exp);
    const weights = exponentials.map((e) => e / sumOf(exponentials));
    const dot = sumOf(weights.map((weight, i) => weight * slopes[i]!));
    const want = weights.map((weight, i) => weight * (slopes[i]! - dot));
    const { x: gradient } = await valueAndGradients(softmax, x, tensor(device, slopes, [1, 4]));
    expect(gradient![0]).toBe("f16");
    want.forEach((value, i) => expect(gradient![1][i]! / value).toBeCloseTo(1, 2));
  });

  it("stays finite far from zero, and takes rows of one and of none", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const y = softmax(
      tensor(device, [65504, 65504, -65504, 0, -65504, -65504, -65504, -65504], [2, 4], "f16"),
    );
    expect([...(await y.read())]).toEqual([0.5, 0.5, 0, 0, 0.25, 0.25, 0.25, 0.25]);
    expect([...(await softmax(tensor(device, [3, 4, 5], [3, 1], "f16")).read())]).toEqual([1, 1, 1]);
    for (const shape of [
      [0, 4],
      [0, 3],
      [3, 0],
    ]) {
      const empty = softmax(zeros(device, shape, "f16"));
      expect([empty.dtype, empty.shape]).toEqual(["f16", shape]);
    }
  });
});

describe("rows of f16", () => {
  const ops: Readonly<Record<string, (x: Tensor, params: Readonly<Record<string, Tensor>>) => Tensor>> = {
    softmax: (x) => softmax(x),
  };

  it.each(Object.keys(ops))("beyond one binding go through %s in parts", async (name) => {
    const results = [];
    for (const device of [await testDevice(), await narrowDevice(20_000)]) {
      using _scope = device.scope();
      const [x, slopes] = [draw([300, 68], 1, 4), draw([300, 68], 2, 1)];
      const given = tensor(device, x.data, x.shape, "f16");
      results.push(
        await valueAndGradients(
          (rows) => ops[name]!(rows, {}),
          given,
          tensor(device, slopes.data, slopes.shape),
        ),
      );
    }
    expect(results[1]).toEqual(results[0]);
  });

  it.each(Object.keys(ops))("are what %s takes besides f32", async (name) => {
    const device = await testDevice();
    using _scope = device.scope();
    expect(() => ops[name]!(tensor(device, [1, 2], [2], "i32"), {})).toThrow(
      `[${name}] x must be f32 or f16 with at least one axis, got [2] i32: cast it to f32`,
    );
    expect(() => ops[name]!(tensor(device, [1], [], "f16"), {})).toThrow(
      `[${name}] x must be f32 or f16 with at least one axis, got [] f16: reshape it to [..., D]`,
    );
  });
});
