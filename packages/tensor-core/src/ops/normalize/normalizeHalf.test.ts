/** @file softmax, layerNorm and rmsNorm of f16 against their formulas in f64, and against themselves in f32. */

import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { tensor, zeros } from "../../tensor/create.ts";
import { fromFloat16, toFloat16 } from "../../tensor/float16.ts";
import { Random } from "../../tensor/random.ts";
import type { DType } from "../../tensor/dtype.ts";
import type { Device } from "../../tensor/device.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Array64, assertClose, largest, random64, zeros64 } from "../../testing/array64.ts";
import { describeOp, type OpCheck } from "../../testing/describeOp.ts";
import { narrowDevice, testDevice } from "../../testing/testDevice.ts";
import { tolerance } from "../../testing/tolerance.ts";
import { add, mul } from "../elementwise/binary.ts";
import { cast } from "../layout/cast.ts";
import { sum } from "../reduce/sum.ts";
import { layerNorm } from "./layerNorm.ts";
import { rmsNorm } from "./rmsNorm.ts";
import { softmax } from "./softmax.ts";

type Size = readonly [rows: number, dim: number];
// Rows of whole quads, and such as begin within a word or a quad.
const quads: readonly Size[] = [
  [1, 4],
  [3, 8],
  [65, 4],
  [17, 12],
  [4, 68],
  [2, 260],
];
const torn: readonly Size[] = [
  [3, 2],
  [5, 3],
  [2, 66],
];

const sumOf = (row: readonly number[]) => row.reduce((a, b) => a + b, 0);

/** Applies `f` to each row of x. */
function byRow(x: Array64, f: (row: number[]) => number[]): Array64 {
  const y = zeros64(x.shape);
  const dim = x.shape.at(-1)!;
  for (let i = 0; i < x.data.length; i += dim) y.data.set(f([...x.data.subarray(i, i + dim)]), i);
  return y;
}

const at = (x: Array64 | undefined, i: number) => x!.data[i]!;
const eps = 1e-2;

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
    layerNorm: {
      shapes: ([rows, dim]) => ({ x: [rows, dim], weight: [dim], bias: [dim] }),
      op: ({ x, weight, bias }) => layerNorm(x!, weight!, bias!, { eps }),
      reference: ({ x, weight, bias }) =>
        byRow(x!, (row) => {
          const mean = sumOf(row) / row.length;
          const deviation = Math.sqrt(sumOf(row.map((value) => (value - mean) ** 2)) / row.length + eps);
          return row.map((value, i) => ((value - mean) / deviation) * at(weight, i) + at(bias, i));
        }),
      gradientDepth: ([rows, dim]) => Math.max(rows, dim),
    },
    rmsNorm: {
      shapes: ([rows, dim]) => ({ x: [rows, dim], weight: [dim] }),
      op: ({ x, weight }) => rmsNorm(x!, weight!, { eps }),
      reference: ({ x, weight }) =>
        byRow(x!, (row) => {
          const size = Math.sqrt(sumOf(row.map((value) => value * value)) / row.length + eps);
          return row.map((value, i) => (value / size) * at(weight, i));
        }),
      gradientDepth: ([rows, dim]) => Math.max(rows, dim),
    },
  };

for (const [name, check] of Object.entries(checks)) {
  for (const without of [[], ["subgroups"]]) {
    describeOp<Size>([`${name} of f16`, ...without.map((feature) => `without ${feature}`)].join(" "), {
      ...check,
      cases: [...quads, ...torn],
      dtype: "f16",
      without,
      range: [-4, 4],
      opClass: "composite",
      depth: ([, dim]) => dim,
    });
  }
}

/** The ops of x and of vectors beside it, which they may leave alone. */
type Op = (x: Tensor, vectors: { readonly weight: Tensor; readonly bias: Tensor }) => Tensor;
const norms: Readonly<Record<string, Op>> = {
  layerNorm: (x, { weight, bias }) => layerNorm(x, weight, bias),
  rmsNorm: (x, { weight }) => rmsNorm(x, weight),
};
const ops: Readonly<Record<string, Op>> = { softmax: (x) => softmax(x), ...norms };

const halves = (values: ArrayLike<number>) => fromFloat16(toFloat16(values));
/** Values that f16 holds. */
const draw = (device: Device, shape: readonly number[], seed: number, dtype: DType = "f32", top = 1) =>
  tensor(device, halves(random64(shape, new Random(seed), -top, top).data), shape, dtype);
const vectorsOf = (device: Device, dim: number, dtype: DType = "f32") => ({
  weight: draw(device, [dim], 3, dtype),
  bias: draw(device, [dim], 4, dtype),
});

/** y and its gradients, weighted by slopes, with the dtype of each. */
async function valueAndGradients(
  op: (x: Tensor) => Tensor,
  slopes: Tensor,
  params: Readonly<Record<string, Tensor>> & { readonly x: Tensor },
): Promise<Readonly<Record<string, { readonly dtype: DType; readonly values: ArrayLike<number> }>>> {
  let y: Tensor | undefined;
  const { grads } = valueAndGrad(
    () => sum(mul(cast((y = op(params.x)), "f32"), slopes)),
    new Map(Object.entries(params)),
  );
  const results: Record<string, { dtype: DType; values: ArrayLike<number> }> = {};
  for (const [name, tensor] of [["y", y!] as const, ...grads]) {
    results[name] = { dtype: tensor.dtype, values: await tensor.read() };
  }
  return results;
}

/** Fails unless each value of `got`, of f16, is one of the nearest to that of `want`. */
function assertRoundedOnce(what: string, got: ArrayLike<number>, want: ArrayLike<number>): void {
  const bad = Array.from(want).findIndex((value, i) => {
    // Half a unit in the last place, and what f32 may differ by.
    const bound = Math.max(2 ** -25, 2 ** -11 * Math.abs(value)) * (1 + 2 ** -7);
    return !(Math.abs(got[i]! - value) <= bound);
  });
  expect(bad < 0 ? "" : `${what}: element ${bad} is ${got[bad]}, expected ${want[bad]}`).toBe("");
}

describe("softmax of f16", () => {
  it("rounds the quotient, and nothing before", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const [x, half] = (["f32", "f16"] as const).map((dtype) => draw(device, [9, 64], 1, dtype, 8));
    const y = softmax(half!);
    expect(y.dtype).toBe("f16");
    assertRoundedOnce("y", await y.read(), await softmax(x!).read());
  });

  it("keeps the digits of gradients where one weight is nearly 1", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const logits = [8, 0, 0.5, -1];
    const slopes = [1, 3, -1, 0.5];
    const total = sumOf(logits.map(Math.exp));
    const weights = logits.map((logit) => Math.exp(logit) / total);
    const dot = sumOf(weights.map((weight, i) => weight * slopes[i]!));
    const x = tensor(device, logits, [1, 4], "f16");
    const { x: dx } = await valueAndGradients(softmax, tensor(device, slopes, [1, 4]), { x });
    expect(dx!.dtype).toBe("f16");
    weights.forEach((weight, i) => expect(dx!.values[i]! / (weight * (slopes[i]! - dot))).toBeCloseTo(1, 2));
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

describe.each(Object.entries(norms))("%s of f16", (name, norm) => {
  const [rows, dim] = [2051, 8]; // sums by blocks of rows on every device

  it("rounds y and dx once, and keeps the gradients of f32 vectors in f32", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const slopes = draw(device, [rows, dim], 2);
    const { bias, ...vectors } = vectorsOf(device, dim);
    const results = async (dtype: DType) =>
      valueAndGradients((x) => norm(x, { ...vectors, bias }), slopes, {
        x: draw(device, [rows, dim], 1, dtype, 4),
        ...vectors,
        ...(name === "layerNorm" ? { bias } : {}),
      });
    const [want, got] = [await results("f32"), await results("f16")];
    for (const [key, { dtype, values }] of Object.entries(got)) {
      const wide = want[key]!.values;
      if (key === "x" || key === "y") assertRoundedOnce(key, values, wide);
      else assertClose(key, values, wide, tolerance("reduction", rows, largest(wide)));
      expect(dtype).toBe(key === "x" || key === "y" ? "f16" : "f32");
    }
    expect(Object.keys(got)).toEqual(Object.keys(want));
  });

  it("adds the gradient of x to that of a residual before it is rounded", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const [slopes, vectors] = [draw(device, [9, 12], 2), vectorsOf(device, 12)];
    const dx = async (dtype: DType) => {
      const x = draw(device, [9, 12], 1, dtype, 4);
      return (await valueAndGradients((given) => add(norm(given, vectors), given), slopes, { x })).x!.values;
    };
    assertRoundedOnce("dx", await dx("f16"), await dx("f32"));
  });

  it.each([8, 6])("takes vectors of f16, %i wide, and gives their gradients in f16", async (width) => {
    const device = await testDevice();
    using _scope = device.scope();
    const vectors = vectorsOf(device, width, "f16");
    const { y, weight } = await valueAndGradients((x) => norm(x, vectors), draw(device, [3, width], 2), {
      x: draw(device, [3, width], 1, "f16"),
      weight: vectors.weight,
    });
    expect([y!.dtype, weight!.dtype]).toEqual(["f16", "f16"]);
    const x = draw(device, [3, width], 1);
    assertRoundedOnce("y", y!.values, await norm(x, vectorsOf(device, width)).read());
  });

  it("names vectors of another dtype or length", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const [x, half] = [zeros(device, [2, 4]), zeros(device, [2, 4], "f16")];
    const bias = zeros(device, [4]);
    const run = (given: Tensor, weight: Tensor) => () => norm(given, { weight, bias });
    const must = `[${name}] weight must be [4] f32, got`;
    expect(run(x, zeros(device, [4], "f16"))).toThrow(`${must} [4] f16: cast it to f32`);
    expect(run(half, zeros(device, [4], "i32"))).toThrow(`${must} [4] i32: cast it to f32`);
    expect(run(half, zeros(device, [3], "f16"))).toThrow(`${must} [3] f16`);
  });
});

describe.each(Object.entries(ops))("rows of f16 in %s", (name, op) => {
  it("go in parts where they are more than a binding", async () => {
    const results = [];
    for (const device of [await testDevice(), await narrowDevice(70_000)]) {
      using _scope = device.scope();
      const vectors = vectorsOf(device, 64);
      const slopes = draw(device, [1000, 64], 2);
      const x = draw(device, [1000, 64], 1, "f16", 4);
      const { weight } = vectors;
      results.push(await valueAndGradients((rows) => op(rows, vectors), slopes, { x, weight }));
    }
    const [whole, parts] = results;
    for (const key of ["y", "x"]) assertClose(key, parts![key]!.values, whole![key]!.values, 0);
    if (name === "softmax") return;
    // The blocks of rows are others.
    const { values } = whole!.weight!;
    assertClose("dweight", parts!.weight!.values, values, tolerance("reduction", 1000, largest(values)));
  });

  it("have a float dtype and an axis", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const vectors = vectorsOf(device, 2);
    const must = `[${name}] x must be f32 or f16 with at least one axis, got`;
    expect(() => op(tensor(device, [1, 2], [2], "i32"), vectors)).toThrow(`${must} [2] i32: cast it to f32`);
    expect(() => op(tensor(device, [1], [], "f16"), vectors)).toThrow(
      `${must} [] f16: reshape it to [..., D]`,
    );
  });
});
