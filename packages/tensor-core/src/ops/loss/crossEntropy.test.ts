/** @file crossEntropy against its formula in f64. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { ones, tensor, zeros } from "../../tensor/create.ts";
import { Device } from "../../tensor/device.ts";
import { fromFloat16, toFloat16 } from "../../tensor/float16.ts";
import { Random } from "../../tensor/random.ts";
import { random64 } from "../../testing/array64.ts";
import { awkwardSize, describeOp } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { tolerance } from "../../testing/tolerance.ts";
import { crossEntropy } from "./crossEntropy.ts";

interface Case {
  readonly classes: number;
  readonly targets: number[];
  readonly weights: number[];
}

const casesOf = (...sizes: number[]): fc.Arbitrary<Case> =>
  fc.tuple(awkwardSize, fc.constantFrom(...sizes)).chain(([rows, classes]) =>
    fc.record({
      classes: fc.constant(classes),
      targets: fc.array(fc.nat(classes - 1), { minLength: rows, maxLength: rows }),
      weights: fc.array(fc.constantFrom(0, 0.25, 1, 2), { minLength: rows, maxLength: rows }),
    }),
  );

const classSizes = { f32: [1, 2, 3, 63, 64, 65, 130, 257], f16: [1, 2, 3, 4, 8, 64, 68, 130, 260] };

/** Targets as the op takes them: padding may carry any. */
const targetsOf = (device: Device, { targets, weights }: Case) =>
  tensor(
    device,
    targets.map((target, i) => (weights[i] === 0 ? -100 : target)),
    [targets.length],
    "i32",
  );

function reference(logits: ArrayLike<number>, { classes, targets, weights }: Case): number {
  let loss = 0;
  targets.forEach((target, i) => {
    const row = Float64Array.from({ length: classes }, (_, v) => logits[i * classes + v]!);
    const total = row.reduce((sum, value) => sum + Math.exp(value), 0);
    loss += weights[i]! * (Math.log(total) - row[target]!);
  });
  return loss;
}

for (const [dtype, without] of [
  ["f32", []],
  ["f32", ["subgroups"]],
  ["f16", []],
  ["f16", ["subgroups"]],
] as const)
  describeOp<Case>(["crossEntropy of", dtype, ...without.map((name) => `without ${name}`)].join(" "), {
    cases: casesOf(...classSizes[dtype]),
    dtype,
    without,
    runs: dtype === "f32" ? 20 : 8,
    range: [-8, 8],
    shapes: ({ classes, targets }) => ({ logits: [targets.length, classes] }),
    op: ({ logits }, c) =>
      crossEntropy(logits!, targetsOf(logits!.device, c), tensor(logits!.device, c.weights)),
    reference: ({ logits }, c) => ({ shape: [], data: Float64Array.of(reference(logits!.data, c)) }),
    opClass: "composite",
    depth: ({ targets }) => targets.length,
  });

describe("crossEntropy", () => {
  it.each([{ without: [] }, { without: ["subgroups"] }])(
    "sums f16 in f32, in parts too: $without",
    async ({ without }) => {
      const [rows, classes] = [300, 68];
      const values = fromFloat16(toFloat16(random64([rows, classes], new Random(2), -8, 8).data));
      const c: Case = {
        classes,
        targets: Array.from({ length: rows }, (_, i) => (i * 5) % classes),
        weights: Array.from({ length: rows }, (_, i) => (i % 4) / 4),
      };
      const want = reference(values, c);
      const gradients: ArrayLike<number>[] = [];
      for (const device of [
        await testDevice(without),
        await Device.open({ without, tuned: false, maxBindingBytes: 20_000 }),
      ]) {
        using _scope = device.scope();
        const logits = tensor(device, values, [rows, classes], "f16");
        const { value, grads } = valueAndGrad(
          () => crossEntropy(logits, targetsOf(device, c), tensor(device, c.weights)),
          new Map([["logits", logits]]),
        );
        const loss = await value.item();
        expect(value.dtype).toBe("f32");
        expect(Math.abs(loss - want)).toBeLessThan(tolerance("composite", rows, want));
        const gradient = grads.get("logits")!;
        expect(gradient.dtype).toBe("f16");
        gradients.push(await gradient.read());
      }
      expect(gradients[1]).toEqual(gradients[0]);
    },
  );

  it.each([
    ["f32", 3],
    ["f16", 4],
  ] as const)("stays finite where logits of %s are far from zero", async (dtype, classes) => {
    const device = await testDevice();
    using _scope = device.scope();
    const rows = [
      [1000, 990, -1000, -2000],
      [5e4, 0, -5e4, -1e4],
    ];
    const values = rows.flatMap((row) => row.slice(0, classes));
    const logits = tensor(device, values, [2, classes], dtype);
    const one = tensor(device, [1, 1]);
    const { value, grads } = valueAndGrad(
      () => crossEntropy(logits, tensor(device, [1, 0], [2], "i32"), one),
      new Map([["logits", logits]]),
    );
    expect(await value.item()).toBeCloseTo(10 + Math.log1p(Math.exp(-10)), 4);
    const gradient = await grads.get("logits")!.read();
    expect(gradient.every(Number.isFinite)).toBe(true);
    expect(gradient[0]).toBeCloseTo(1 / (1 + Math.exp(-10)), dtype === "f32" ? 5 : 3);
    expect([...gradient.subarray(classes)]).toEqual(Array.from({ length: classes }, () => 0));
  });

  it("has a row's gradient wherever the row stands", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const [rows, classes] = [16_411, 5]; // more rows than threads take in order
    const logits = random64([rows, classes], new Random(1), -2, 2).data;
    const gradient = async (rowAt: (i: number) => number) => {
      const at = Array.from({ length: rows }, (_, i) => rowAt(i));
      const values = Float32Array.from(logits, (_, i) => {
        return logits[at[Math.floor(i / classes)]! * classes + (i % classes)]!;
      });
      const x = tensor(device, values, [rows, classes]);
      const targets = tensor(
        device,
        at.map((row) => row % classes),
        [rows],
        "i32",
      );
      const { grads } = valueAndGrad(
        () => crossEntropy(x, targets, ones(device, [rows])),
        new Map([["x", x]]),
      );
      return (await grads.get("x")!.read()) as Float32Array;
    };
    const [got, turned] = [await gradient((i) => i), await gradient((i) => rows - 1 - i)];
    const last = (rows - 1) * classes;
    expect(got.findIndex((value, i) => value !== turned[last - i + 2 * (i % classes)])).toBe(-1);
  });

  it("ignores rows of weight 0 even where their logits are NaN", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const logits = tensor(device, [0, 0, Number.NaN, Number.NaN], [2, 2]);
    const { value, grads } = valueAndGrad(
      () => crossEntropy(logits, tensor(device, [0, 7], [2], "i32"), tensor(device, [1, 0])),
      new Map([["logits", logits]]),
    );
    expect(await value.item()).toBeCloseTo(Math.LN2, 6);
    expect(await grads.get("logits")!.read()).toEqual(Float32Array.of(-0.5, 0.5, 0, 0));
  });

  // Rows of quads and of scalars.
  it.each([4, 7])(
    "gives NaN for a row of %s logits with NaN among them, and so the gradients of that row",
    async (n) => {
      const device = await testDevice();
      for (const at of [n, 2 * n - 1]) {
        using _scope = device.scope();
        const values = Float32Array.from({ length: 3 * n }, (_, i) => (i === at ? NaN : i % 5));
        const logits = tensor(device, values, [3, n]);
        const { value, grads } = valueAndGrad(
          () => crossEntropy(logits, tensor(device, [0, 1, 2], [3], "i32"), tensor(device, [1, 1, 1])),
          new Map([["logits", logits]]),
        );
        expect(await value.item()).toBeNaN();
        const gradients = Array.from(await grads.get("logits")!.read(), Number.isNaN);
        expect(gradients).toEqual(gradients.map((_, i) => Math.floor(i / n) === 1));
      }
    },
  );

  it.each([
    ["f32", 2],
    ["f16", 4],
  ] as const)("gives NaN for a counted target that is no class of %s", async (dtype, classes) => {
    const device = await testDevice();
    using _scope = device.scope();
    for (const target of [-1, classes]) {
      const loss = crossEntropy(
        zeros(device, [1, classes], dtype),
        tensor(device, [target], [1], "i32"),
        tensor(device, [1]),
      );
      expect(await loss.item()).toBeNaN();
    }
  });

  it("names what does not fit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const logits = zeros(device, [2, 3]);
    const targets = zeros(device, [2], "i32");
    const weights = zeros(device, [2]);
    expect(() => crossEntropy(zeros(device, [2, 0]), targets, weights)).toThrow("at least one class");
    expect(() => crossEntropy(weights, targets, weights)).toThrow(
      "logits must be [N, V] f32 or f16, got [2] f32",
    );
    expect(() => crossEntropy(logits, weights, weights)).toThrow("targets must be [2] i32, got [2] f32");
    expect(() => crossEntropy(logits, targets, zeros(device, [3]))).toThrow(
      "[crossEntropy] weights must be [2] f32, got [3] f32",
    );
  });
});
