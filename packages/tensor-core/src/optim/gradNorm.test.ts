/** @file Gradients limited by the norm over all of them. */

import { describe, expect, it } from "vitest";
import { full, tensor, zeros } from "../tensor/create.ts";
import { Device } from "../tensor/device.ts";
import { Random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { assertClose, random64 } from "../testing/array64.ts";
import { testDevice } from "../testing/testDevice.ts";
import { tolerance } from "../testing/tolerance.ts";
import { AdamW } from "./adamW.ts";
import { clipGradNorm } from "./gradNorm.ts";

const shapes = { a: [1], b: [3, 7], c: [1300], d: [2, 2, 65] };
const values = new Map(
  Object.entries(shapes).map(([name, shape]) => [name, random64(shape, new Random(3).fork(name))]),
);
const gradients = (device: Device) =>
  new Map([...values].map(([name, { data, shape }]) => [name, tensor(device, data, shape)]));
const squares = [...values.values()].flatMap(({ data }) => [...data].map((g) => Math.fround(g) ** 2));
const norm = Math.sqrt(squares.reduce((a, b) => a + b, 0));

describe("clipGradNorm", () => {
  it.each([
    ["more than one binding", 4096],
    ["whole", undefined],
  ])("scales to the limit what is over it, and nothing else: gradients of %s", async (_, maxBindingBytes) => {
    const device = maxBindingBytes ? await Device.open({ maxBindingBytes }) : await testDevice();
    using _scope = device.scope();
    const grads = gradients(device);
    for (const limit of [norm / 3, norm * 1.01, Infinity]) {
      const { live } = device.stats;
      const clipped = clipGradNorm(grads, limit);
      expect(device.stats.live).toBe(live + values.size + 1);
      assertClose("norm", [await clipped.norm.item()], [norm], tolerance("reduction", 64, norm));
      expect([...clipped.grads.keys()]).toEqual([...values.keys()]);
      for (const [name, { data, shape }] of values) {
        const got = clipped.grads.get(name) as Tensor;
        expect(got.shape).toEqual(shape);
        const want = data.map((g) => Math.fround(g) * Math.min(1, limit / norm));
        if (limit < norm) assertClose(name, await got.read(), want, tolerance("reduction", 64, 1));
        else expect(await got.read()).toEqual(Float32Array.from(data));
        expect(await grads.get(name)!.read()).toEqual(Float32Array.from(data));
      }
    }
  });

  it("is what AdamW does with maxGradNorm, to the bit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const after = async (maxGradNorm: number, grads: Map<string, Tensor>) => {
      const params = new Map([...values].map(([name, { shape }]) => [name, full(device, shape, 1)]));
      const optimizer = new AdamW(params, { learningRate: 0.1, eps: 0.1, maxGradNorm });
      optimizer.step(grads);
      const read = [];
      for (const parameter of params.values()) read.push(...(await parameter.read()));
      optimizer.dispose();
      return read;
    };
    const grads = gradients(device);
    const clipped = await after(Infinity, clipGradNorm(grads, 2).grads);
    expect(clipped).toEqual(await after(2, grads));
    expect(clipped).not.toEqual(await after(Infinity, grads));
  });

  it("names what it cannot limit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const grads = gradients(device);
    for (const limit of [0, -1, NaN]) {
      expect(() => clipGradNorm(grads, limit)).toThrow(
        `[clipGradNorm] maxNorm must be a number > 0, got ${limit}`,
      );
    }
    expect(() => clipGradNorm(new Map(), 1)).toThrow("[clipGradNorm] needs at least one gradient");
    expect(() => clipGradNorm(new Map([["h", zeros(device, [2], "f16")]]), 1)).toThrow(
      "[clipGradNorm] the gradient of h, [2], must be f32, got f16: cast it",
    );
  });
});
