/** @file Random tensors against the host's generator, word for word. */

import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { ones, tensor, zeros } from "../../tensor/create.ts";
import { Random } from "../../tensor/random.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { sum } from "../reduce/sum.ts";
import { dropout, randomBits, randomNormal, randomUniform } from "./random.ts";

const draw = (count: number, next: () => number) => Array.from({ length: count }, next);

describe("random tensors", () => {
  it.each([[[-2, -3]], [[2.5, 2]], [[Number.NaN]]])("have no shape like %j", async (shape) => {
    const device = await testDevice();
    const random = new Random(1);
    const wrong = `every dimension must be a whole number >= 0, got [${shape.join(", ")}]`;
    for (const [name, make] of Object.entries({ randomBits, randomUniform, randomNormal })) {
      expect(() => make(device, shape, random)).toThrow(`[${name}] ${wrong}`);
    }
    expect(random.position).toBe(0);
  });

  it("hold the host's words, wherever the generator stands", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    for (const [seed, stream, blocks] of [
      [7, 3, 0],
      [2 ** 32 - 1, 0, 2 ** 32 - 2],
    ] as const) {
      const [here, there] = [new Random(seed, stream), new Random(seed, stream)];
      for (const random of [here, there]) random.skipBlocks(blocks);
      const first = await randomBits(device, [3, 5], there).read();
      expect(Array.from(first)).toEqual(draw(15, () => here.bits()));
      // Fifteen words used four blocks; the last word of them is lost.
      here.bits();
      expect(Array.from(await randomBits(device, [2], there).read())).toEqual(draw(2, () => here.bits()));
    }
  });

  it("are uniform and normal as the host's, within f32", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const count = 4001;
    const uniform = await randomUniform(device, [count], new Random(5), -2, 3).read();
    const host = new Random(5);
    const away = draw(count, () => host.uniform(-2, 3)).map((x, i) => Math.abs(x - uniform[i]!));
    expect(Math.max(...away)).toBeLessThan(1e-6);
    expect(Math.max(...uniform)).toBeLessThan(3);
    const normal = await randomNormal(device, [count], new Random(6), 1, 2).read();
    const hostNormal = new Random(6);
    const off = draw(count, () => hostNormal.normal(1, 2)).map((x, i) => Math.abs(x - normal[i]!));
    expect(Math.max(...off)).toBeLessThan(2e-3);
  });

  it("stay below the end of a range that has few numbers of f32", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const count = 2001;
    for (const [low, high, next] of [
      [1e6, 1e6 + 1, 1e6 + 1 - 1 / 16],
      [-2 - 2 ** -21, -2, -2 - 2 ** -22],
      [0.5, 0.5 + 2 ** -23, 0.5 + 2 ** -24],
      [2 ** 24, 2 ** 24 + 1, 2 ** 24],
      [5, 5, 5],
    ] as const) {
      const y = await randomUniform(device, [count], new Random(5), low, high).read();
      expect(Math.max(...y)).toBe(next);
      expect(Math.min(...y)).toBe(low);
      const host = new Random(5);
      const away = draw(count, () => host.uniform(low, high)).map((x, i) => Math.abs(x - y[i]!));
      expect(Math.max(...away)).toBeLessThanOrEqual(Math.max(next - low, high - next));
    }
    expect(() => randomUniform(device, [2], new Random(5), -3e38, 3e38)).toThrow(
      "[randomUniform] high - low must be a finite f32, got -3e+38 to 3e+38",
    );
    const falling = await randomUniform(device, [count], new Random(5), 1, -1).read();
    expect(Math.max(...falling)).toBeLessThanOrEqual(1);
    expect(Math.min(...falling)).toBeLessThan(-0.9);
  });

  it("are normal where a word is as small as words get", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const random = new Random(2);
    random.skipBlocks(7_487_565); // its first word is 30: less than one unit of 2^-24
    const [first] = await randomNormal(device, [4], random).read();
    const host = new Random(2);
    host.skipBlocks(7_487_565);
    // Radii differ: the device takes (0 + 0.5) 2^-24, the host (30 + 0.5) 2^-32.
    const turn = host.normal() / Math.sqrt(-2 * Math.log(30.5 / 2 ** 32));
    expect(first).toBeCloseTo(turn * Math.sqrt(-2 * Math.log(0.5 / 2 ** 24)), 2);
  });

  it("are the mean where a word is as large as words get", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const random = new Random(2);
    random.skipBlocks(28_537_587); // its first word is 2^32 - 66, which rounds up to 1, whose logarithm may be above 0
    const [first] = await randomNormal(device, [4], random).read();
    expect(Math.abs(first!)).toBeLessThan(2e-3);
  });

  it("go from low down to high where high is below low", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const y = await randomUniform(device, [2001], new Random(5), 3, -2).read();
    const host = new Random(5);
    const away = draw(2001, () => host.uniform(3, -2)).map((x, i) => Math.abs(x - y[i]!));
    expect(Math.max(...away)).toBeLessThan(1e-6);
  });

  it("passes over more workgroups than one axis holds", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const y = await randomUniform(device, [65_536 * 256 + 5], new Random(8)).read();
    const mean = y.reduce((total, value) => total + value, 0) / y.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(1e-3);
    expect(y.at(-1)).not.toBe(y.at(-2));
  });
});

describe("dropout", () => {
  it("drops what the host's words say, in the gradient too", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(
      device,
      draw(1001, () => 3),
    );
    const host = new Random(9);
    const want = Float32Array.from(draw(1001, () => (host.bits() < 0.25 * 2 ** 32 ? 0 : 1 / 0.75)));
    const { value, grads } = valueAndGrad(() => sum(dropout(x, 0.25, new Random(9))), new Map([["x", x]]));
    expect(await grads.get("x")?.read()).toEqual(want);
    const kept = want.filter((factor) => factor > 0).length;
    expect(kept / 1001).toBeCloseTo(0.75, 1);
    expect(await value.item()).toBeCloseTo(4 * kept, 1);
    const numbers = Array.from({ length: 9 }, (_, i) => i + 1);
    const halves = await dropout(tensor(device, numbers, [9], "f16"), 0.5, new Random(9)).read();
    const again = new Random(9);
    expect(Array.from(halves)).toEqual(numbers.map((x) => (again.bits() < 2 ** 31 ? 0 : 2 * x)));
  });

  it("draws anew with each call, and nothing at rate 0", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = ones(device, [64]);
    const random = new Random(1);
    const [a, b] = [await dropout(x, 0.5, random).read(), await dropout(x, 0.5, random).read()];
    expect(a).not.toEqual(b);
    expect(dropout(x, 0, random)).toBe(x);
    const whole = zeros(device, [5], "i32");
    const { position } = random;
    for (const rate of [0, 0.5]) {
      expect(() => dropout(whole, rate, random)).toThrow("[dropout] x must be f32 or f16, got i32: cast it");
    }
    expect(random.position).toBe(position);
    expect(() => dropout(x, 1, random)).toThrow("[dropout] rate must be 0 to below 1, got 1");
  });
});
