/** @file Comparisons and where against loops, with the values that floats alone have. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { full, tensor, zeros } from "../../tensor/create.ts";
import { Random } from "../../tensor/random.ts";
import { awkwardSize, describeOp } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { sum } from "../reduce/sum.ts";
import * as compare from "./compare.ts";
import { type ComparisonName, comparisonTable } from "./comparisonTable.ts";
import { exp } from "./unary.ts";
import { where } from "./where.ts";

const left = [1, 2, 3, -0, 5, Infinity, NaN, -7, 0.5, 0, 4, NaN];
const right = [1, 3, 2, 0, 5, Infinity, NaN, 7, -0.5, 6, 0, 0];

describe.each(Object.keys(comparisonTable) as ComparisonName[])("%s", (name) => {
  it.each(["f32", "f16", "i32"] as const)("agrees with its operator on %s", async (dtype) => {
    const device = await testDevice();
    using _scope = device.scope();
    const held = (x: number) => dtype !== "i32" || Number.isInteger(x);
    const values = (side: number[]) => side.filter((_, i) => held(left[i]!) && held(right[i]!));
    const [a, b] = [values(left), values(right)];
    const y = await compare[name](
      tensor(device, a, undefined, dtype),
      tensor(device, b, undefined, dtype),
    ).read();
    expect(Array.from(y)).toEqual(a.map((x, i) => Number(comparisonTable[name].reference(x, b[i]!))));
  });
});

it.each(["f32", "f16", "i32", "u32"] as const)("what is 0 and what is NaN is said of %s", async (dtype) => {
  const device = await testDevice();
  using _scope = device.scope();
  const float = dtype === "f32" || dtype === "f16";
  const values = float ? [0, -0, 3, NaN, -Infinity, NaN, 0.25] : [0, 0, 3, 7, 1, 2 ** 30 + 1, 5];
  const x = tensor(device, values, [1, 7], dtype);
  expect(await compare.logicalNot(x).read()).toEqual(
    Float32Array.from(values, (value) => Number(value === 0)),
  );
  expect(await compare.isNaN(x).read()).toEqual(
    Float32Array.from(values, (value) => Number(value !== value)),
  );
  expect(compare.logicalNot(zeros(device, [0, 3], dtype)).shape).toEqual([0, 3]);
});

describe("an element of many quads depends on its own place alone", () => {
  const size = 2055;
  const drawn = (seed: number) => {
    const random = new Random(seed);
    return Array.from({ length: size }, () => Math.floor(random.uniform(-9, 9)));
  };
  const [a, b, c] = [drawn(1), drawn(2), drawn(3)];

  it.each(["f32", "f16", "i32"] as const)("in every comparison of %s", async (dtype) => {
    const device = await testDevice();
    using _scope = device.scope();
    const [x, y] = [tensor(device, a, [size], dtype), tensor(device, b, [size], dtype)];
    for (const name of Object.keys(comparisonTable) as ComparisonName[]) {
      const want = a.map((value, i) => Number(comparisonTable[name].reference(value, b[i]!)));
      expect(Array.from(await compare[name](x, y).read()), name).toEqual(want);
    }
  });

  it.each(["f32", "f16"] as const)("in where, of %s", async (dtype) => {
    const device = await testDevice();
    using _scope = device.scope();
    const condition = c.map((value) => Math.max(0, value));
    const [x, y] = [tensor(device, a, [size], dtype), tensor(device, b, [size], dtype)];
    const chosen = where(tensor(device, condition, [size], "i32"), x, y);
    expect(Array.from(await chosen.read())).toEqual(a.map((value, i) => (condition[i] ? value : b[i])));
  });
});

describeOp<number[]>("where", {
  cases: fc.tuple(awkwardSize, awkwardSize),
  runs: 6,
  shapes: ([n, m]) => ({ c: [n!, 1], a: [n!, m!], b: [m!] }),
  op: ({ c, a, b }) => where(compare.greater(c!, zeros(c!.device, [])), a!, b!),
  reference: ({ c, a, b }, [n, m]) => ({
    shape: [n!, m!],
    data: Float64Array.from({ length: n! * m! }, (_, i) =>
      c!.data[Math.floor(i / m!)]! > 0 ? a!.data[i]! : b!.data[i % m!]!,
    ),
  }),
  differentiable: ["a", "b"],
  opClass: "reduction",
  depth: () => 65,
});

describe("where", () => {
  it("leaves no trace of what it does not choose", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, [1000, 0]);
    const { value, grads } = valueAndGrad(
      () => sum(where(tensor(device, [0, 1]), exp(x), full(device, [2], 2))),
      new Map([["x", x]]),
    );
    expect(await value.item()).toBe(3);
    // e^1000 is infinite, and 0 times infinity is NaN: the gradient of exp is the one place where it may show.
    expect((await grads.get("x")?.read())?.[1]).toBe(1);
    const chosen = where(
      tensor(device, [1, 0, 7], [3], "i32"),
      tensor(device, [1, NaN, 3]),
      zeros(device, [1]),
    );
    expect(await chosen.read()).toEqual(Float32Array.of(1, 0, 3));
    const halves = where(tensor(device, [1, 0]), full(device, [2], 3, "f16"), zeros(device, [2], "f16"));
    expect(await halves.read()).toEqual(Float32Array.of(3, 0));
  });

  it("names what does not fit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = zeros(device, [2, 3]);
    expect(() => where(x, x, zeros(device, [3], "i32"))).toThrow(
      "[where] both sides must have one dtype, got f32 and i32: cast one",
    );
    expect(() => where(zeros(device, [4]), x, x)).toThrow("[where] [4] and [2, 3] do not broadcast");
    expect(() => compare.less(x, zeros(device, [3], "i32"))).toThrow("[less] both sides must have one dtype");
  });
});
