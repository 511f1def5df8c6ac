/** @file Initial values against the distributions that they are drawn from. */

import { describe, expect, it } from "vitest";
import { Random } from "../tensor/random.ts";
import { testDevice } from "../testing/testDevice.ts";
import { Conv2d } from "./conv2d.ts";
import { Embedding } from "./embedding.ts";
import * as initialize from "./initialize.ts";
import { Linear } from "./linear.ts";

/** The largest distance of the shares of values below each value to a distribution, in units of 1 / sqrt(n). */
function distance(values: ArrayLike<number>, cumulative: (value: number) => number): number {
  const sorted = Float64Array.from(values).toSorted();
  let most = 0;
  sorted.forEach((value, i) => {
    const at = cumulative(value);
    most = Math.max(most, at - i / sorted.length, (i + 1) / sorted.length - at);
  });
  return most * Math.sqrt(sorted.length);
}

const density = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** The normal distribution's share below z, by Simpson's rule from 0. */
function belowNormal(z: number): number {
  const steps = 40;
  let total = density(0) + density(z);
  for (let i = 1; i < steps; i++) total += (i % 2 === 0 ? 2 : 4) * density((i * z) / steps);
  return 0.5 + ((z / steps) * total) / 3;
}

const tail = belowNormal(-2);
/** The same of what lies within two deviations. */
const belowCut = (z: number) => (belowNormal(Math.max(-2, Math.min(2, z))) - tail) / (1 - 2 * tail);
const belowUniform = (share: number) => Math.max(0, Math.min(1, (1 + share) / 2));
/** What one in 1,000 samples of a distribution exceeds. Kolmogorov 1933. */
const unlikely = 1.95;

describe("initial values", () => {
  it("are normal, and cut off at two deviations", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const deviation = 0.25;
    const whole = await initialize.normal(device, [20_000], new Random(2), deviation).read();
    expect(distance(whole, (value) => belowNormal(value / deviation))).toBeLessThan(unlikely);
    const cut = await initialize.truncatedNormal(device, [20_000], new Random(2), deviation).read();
    expect(distance(cut, (value) => belowCut(value / deviation))).toBeLessThan(unlikely);
    expect(Math.max(...cut.map(Math.abs))).toBeLessThanOrEqual(2 * deviation);
    expect(Math.max(...cut)).toBeGreaterThan(1.99 * deviation);
    expect(Math.min(...cut)).toBeLessThan(-1.99 * deviation);
  });

  it("are uniform below a bound that they do not reach, as f32", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    for (const bound of [1, 0.3, 1e-3]) {
      const values = await initialize.uniform(device, [20_000], new Random(3), bound).read();
      expect(distance(values, (value) => belowUniform(value / bound))).toBeLessThan(unlikely);
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(Math.fround(bound));
      const last = new Random(1);
      last.bits = () => 2 ** 32 - 1;
      const [below] = await initialize.uniform(device, [1], last, bound).read();
      expect(below).toBeLessThan(Math.fround(bound));
      expect(below).toBeGreaterThan(Math.fround(bound) * (1 - 2 ** -22));
    }
  });

  it("of layers have the deviations and bounds of their documentation", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const random = new Random(5);
    const normals = [
      [new Linear(device, 400, 50, random), 1 / Math.sqrt(400)],
      [new Linear(device, 400, 50, random, { deviation: 0.5 }), 0.5],
      [new Embedding(device, 400, 50, random), 0.02],
      [new Embedding(device, 400, 50, random, { deviation: 3 }), 3],
    ] as const;
    for (const [{ weight }, deviation] of normals) {
      expect(distance(await weight.read(), (value) => belowCut(value / deviation))).toBeLessThan(unlikely);
    }
    const convolutions = [
      [new Conv2d(device, 20, 40, 5, random), 1 / Math.sqrt(20 * 25)],
      [new Conv2d(device, 40, 40, [5, 3], random, { groups: 4 }), 1 / Math.sqrt(10 * 15)],
    ] as const;
    for (const [{ weight, bias }, bound] of convolutions) {
      const values = await weight.read();
      expect(distance(values, (value) => belowUniform(value / bound))).toBeLessThan(unlikely);
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(Math.fround(bound));
      expect(await bias?.read()).toEqual(new Float32Array(40));
    }
    expect(await new Linear(device, 4, 3, random).bias?.read()).toEqual(new Float32Array(3));
  });

  it.each([
    ["xavierUniform", Math.sqrt(6 / (300 * 4 + 50 * 4)) / Math.sqrt(3)],
    ["xavierNormal", Math.sqrt(2 / (300 * 4 + 50 * 4))],
    ["kaimingUniform", Math.sqrt(2 / (300 * 4))],
    ["kaimingNormal", Math.sqrt(2 / (300 * 4))],
  ] as const)("%s has the deviation of its paper", async (name, deviation) => {
    const device = await testDevice();
    using _scope = device.scope();
    const values = await initialize[name](device, [50, 300, 2, 2], new Random(1)).read();
    const square = (values as Float32Array).reduce((total, x) => total + x * x, 0) / values.length;
    expect(Math.sqrt(square) / deviation).toBeCloseTo(1, 2);
    expect(() => initialize[name](device, [3], new Random(1))).toThrow(
      `[${name}] a weight has outputs and inputs`,
    );
  });
});
