/** @file The checks that every op must pass, from one table: forward, gradient, and the same bits twice. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../autograd/tape.ts";
import { sum } from "../ops/reduce/sum.ts";
import { mul } from "../ops/elementwise/binary.ts";
import { cast } from "../ops/layout/cast.ts";
import { tensor } from "../tensor/create.ts";
import { fromFloat16, toFloat16 } from "../tensor/float16.ts";
import { Random } from "../tensor/random.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Array64, assertClose, largest, random64 } from "./array64.ts";
import { testDevice } from "./testDevice.ts";
import { type OpClass, tolerance } from "./tolerance.ts";

/** A tensor op with its definition in f64. */
export interface OpCheck<C> {
  /** Draws one case, of sizes around 1, vec4 ± 1 and workgroup ± 1; or a list, of which each is taken. */
  readonly cases: fc.Arbitrary<C> | readonly C[];
  /** Shapes of the f32 inputs of a case, by name. */
  readonly shapes: (c: C) => Readonly<Record<string, Shape>>;
  /** The op. */
  readonly op: (inputs: Record<string, Tensor>, c: C) => Tensor;
  /** The same in f64, from the formula, sharing no code with the op. */
  readonly reference: (inputs: Record<string, Array64>, c: C) => Array64;
  readonly opClass: OpClass;
  /** Terms in the longest sum behind an element of the result; of a gradient, `gradientDepth`. */
  readonly depth?: (c: C) => number;
  readonly gradientDepth?: (c: C) => number;
  /** Inputs to differentiate; all by default. */
  readonly differentiable?: readonly string[];
  /** Range of the inputs; default -1 to 1. */
  readonly range?: readonly [number, number];
  /** How many cases are drawn. */
  readonly runs?: number;
  /** Dtype of the inputs and the result; default f32. */
  readonly dtype?: "f32" | "f16";
  /** Device features to leave unused. */
  readonly without?: readonly string[];
}

/** Share of the cases that every property draws; a slow host, such as a browser, sets less before tests are read. */
export const propertyRuns = { share: 1 };

/** Registers the tests of an op. */
export function describeOp<C>(name: string, check: OpCheck<C>): void {
  describe(name, () => {
    for (const [what, run] of opChecks(name, check)) it(what, run);
  });
}

/** @internal The tests of {@link describeOp} by title; a gradient has none where no input is differentiable. */
export function opChecks<C>(name: string, check: OpCheck<C>): Map<string, () => Promise<void>> {
  const depth = check.depth ?? (() => 1);
  const { dtype = "f32" } = check;
  const inputsOf = (c: C, seed: number) => {
    const random = new Random(seed);
    const [low, high] = check.range ?? [-1, 1];
    return Object.fromEntries(
      Object.entries(check.shapes(c)).map(([key, shape]) => [
        key,
        exactly(dtype, random64(shape, random, low, high)),
      ]),
    );
  };
  const property = (body: (c: C, seed: number) => Promise<void>) => forEachCase(check, body);

  const checks = new Map<string, () => Promise<void>>();
  checks.set("agrees with its f64 reference, with the same bits on two runs", async () => {
    const device = await testDevice(check.without);
    await property(async (c, seed) => {
      using _scope = device.scope();
      const inputs = inputsOf(c, seed);
      const tensors = upload(device, inputs, dtype);
      const want = check.reference(inputs, c);
      const y = check.op(tensors, c);
      expect(y.shape).toEqual(want.shape);
      const got = await y.read();
      const scale = finiteScale(name, want.data);
      assertClose(name, got, want.data, tolerance(check.opClass, depth(c), scale, dtype));
      expect(await check.op(tensors, c).read()).toEqual(got);
    });
  });

  const names = check.differentiable;
  if (names?.length === 0) return checks;
  checks.set("has the gradient of its f64 reference, by central differences", async () => {
    const device = await testDevice(check.without);
    await property(async (c, seed) => {
      using _scope = device.scope();
      const inputs = inputsOf(c, seed);
      const wanted = names ?? Object.keys(inputs);
      const weights = exactly(dtype, random64(check.reference(inputs, c).shape, new Random(seed, 1)));
      const tensors = upload(device, inputs, dtype);
      const params = new Map(wanted.map((key) => [key, tensors[key] as Tensor]));
      const w = tensor(device, weights.data, weights.shape);
      const { grads } = valueAndGrad(() => sum(mul(cast(check.op(tensors, c), "f32"), w)), params);
      for (const key of wanted) {
        const places = probe((inputs[key] as Array64).data.length, new Random(seed, 2));
        const got = await (grads.get(key) as Tensor).read();
        const want = places.map((i) => centralDifference(check, c, inputs, weights, key, i));
        const what = `${name}, gradient of ${key}`;
        const scale = finiteScale(what, want, got);
        const terms = (check.gradientDepth ?? depth)(c);
        const bound = tolerance(check.opClass, terms, scale, dtype) + 1e-6 * scale;
        assertClose(
          what,
          places.map((i) => got[i] as number),
          want,
          bound,
        );
      }
    });
  });
  return checks;
}

/** The largest magnitude, by which a bound is made; an infinite one would let everything pass. */
function finiteScale(what: string, ...values: ArrayLike<number>[]): number {
  const scale = Math.max(...values.map(largest));
  expect(Number.isFinite(scale), `${what}: ${scale} is among its values`).toBe(true);
  return scale;
}

/** Runs a check on the cases of a list, or on as many as are to be drawn. */
async function forEachCase<C>(
  { cases, runs = 12 }: OpCheck<C>,
  body: (c: C, seed: number) => Promise<void>,
): Promise<void> {
  const some = (count: number) => Math.max(2, Math.round(count * propertyRuns.share));
  if ("generate" in cases) {
    const property = fc.asyncProperty(cases, fc.integer({ min: 0, max: 2 ** 31 }), body);
    return fc.assert(property, { numRuns: some(runs), seed: 20_26 });
  }
  for (const [seed, c] of cases.slice(0, some(cases.length)).entries()) {
    await body(c, seed).catch((cause: unknown) => {
      throw new Error(`case ${JSON.stringify(c)}: ${String(cause)}`, { cause });
    });
  }
}

/** The values nearest to those given that the dtype holds. */
function exactly(dtype: "f32" | "f16", { shape, data }: Array64): Array64 {
  return { shape, data: dtype === "f32" ? data : Float64Array.from(fromFloat16(toFloat16(data))) };
}

function upload(
  device: Tensor["device"],
  inputs: Record<string, Array64>,
  dtype: "f32" | "f16",
): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(inputs).map(([key, { data, shape }]) => [key, tensor(device, data, shape, dtype)]),
  );
}

/** At most 24 places, so that a check stays short on large inputs. */
function probe(length: number, random: Random): number[] {
  if (length <= 24) return Array.from({ length }, (_, i) => i);
  return Array.from({ length: 24 }, () => Math.floor(random.uniform(0, length)));
}

/** d/dx_i of the weighted sum of the reference's results, h = 1e-5. */
function centralDifference<C>(
  check: OpCheck<C>,
  c: C,
  inputs: Record<string, Array64>,
  weights: Array64,
  key: string,
  i: number,
): number {
  const h = 1e-5;
  const at = (step: number) => {
    const moved = inputs[key] as Array64;
    const data = moved.data.slice();
    data[i] = (data[i] as number) + step;
    const y = check.reference({ ...inputs, [key]: { shape: moved.shape, data } }, c);
    return y.data.reduce((total, value, j) => total + value * (weights.data[j] as number), 0);
  };
  return (at(h) - at(-h)) / (2 * h);
}

/** Sizes around one, a quad, a subgroup and a workgroup. */
export const awkwardSize = fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65);
