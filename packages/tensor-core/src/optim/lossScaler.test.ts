/** @file The loss scale: what it saves from underflow, and how it moves. */

import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../autograd/tape.ts";
import { mul } from "../ops/elementwise/binary.ts";
import { cast } from "../ops/layout/cast.ts";
import { sum } from "../ops/reduce/sum.ts";
import { capture } from "../tensor/capture.ts";
import { tensor } from "../tensor/create.ts";
import { testDevice } from "../testing/testDevice.ts";
import { LossScaler } from "./lossScaler.ts";

describe("LossScaler", () => {
  it("saves gradients that f16 would lose, and gives back the loss's own", async () => {
    const device = await testDevice();
    using scope = device.scope();
    const scaler = new LossScaler(device, { initialScale: 2 ** 14 });
    const master = tensor(device, [1, 2, 3, 4, 5]);
    const tiny = tensor(device, new Float32Array(5).fill(2 ** -30), [5], "f32");
    const loss = () => sum(mul(cast(cast(master, "f16"), "f32"), tiny));
    const params = new Map([["master", master]]);
    const lost = await valueAndGrad(loss, params).grads.get("master")?.read();
    expect(lost).toEqual(new Float32Array(5));
    const { grads } = valueAndGrad(() => scaler.scaleLoss(loss()), params);
    const kept = scaler.unscale(grads);
    expect(await kept.get("master")?.read()).toEqual(new Float32Array(5).fill(2 ** -30));
    expect(await scaler.update()).toBe(true);
    expect(scope.size).toBeGreaterThan(0);
    scaler.dispose();
  });

  it("skips steps that overflow, backs off, and grows after enough good ones", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const scaler = new LossScaler(device, { initialScale: 8, growthInterval: 2 });
    const step = async (...values: number[]) => {
      scaler.unscale(
        new Map([
          ["a", tensor(device, [1])],
          ["b", tensor(device, values)],
        ]),
      );
      return scaler.update();
    };
    expect([await step(1, 2, Infinity), scaler.scale]).toEqual([false, 4]);
    expect([await step(NaN), scaler.scale]).toEqual([false, 2]);
    expect([await step(1, 2), scaler.scale]).toEqual([true, 2]);
    expect([await step(1, 2), scaler.scale]).toEqual([true, 4]);
    expect(await scaler.scaleLoss(tensor(device, [3], [])).item()).toBe(12);
    const state = scaler.state();
    scaler.dispose();
    const other = new LossScaler(device, { growthInterval: 2 });
    other.loadState(state);
    expect(await other.scaleLoss(tensor(device, [3], [], "f16")).item()).toBe(12);
    other.dispose();
  });

  it("divides by the scale of now, not by that of the start", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const scaler = new LossScaler(device, { initialScale: 8 });
    for (const scale of [8, 4, 2]) {
      const scaled = new Map([["g", tensor(device, [8, 16, -24, 40, Infinity])]]);
      const unscaled = await scaler.unscale(scaled).get("g")?.read();
      expect(unscaled).toEqual(Float32Array.of(8 / scale, 16 / scale, -24 / scale, 40 / scale, Infinity));
      expect(await scaler.update()).toBe(false);
    }
    scaler.dispose();
  });

  it("looks at no memory past a gradient's end", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const scaler = new LossScaler(device);
    const long = tensor(device, [1, Infinity, NaN, Infinity]);
    long.dispose();
    // The pool hands out the same memory, which still holds what is not finite.
    scaler.unscale(new Map([["g", tensor(device, [5])]]));
    expect(await scaler.update()).toBe(true);
    scaler.dispose();
  });

  it("loads no state that is none, and stays as it is", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const scaler = new LossScaler(device, { initialScale: 8 });
    for (const [name, state] of [
      ["scale must be a number > 0, got NaN", { scale: NaN, goodSteps: 1 }],
      ["scale must be a number > 0, got 0", { scale: 0, goodSteps: 1 }],
      ["scale must be a number > 0, got Infinity", { scale: Infinity, goodSteps: 1 }],
      ["goodSteps must be a whole number >= 0, got -1", { scale: 4, goodSteps: -1 }],
      ["goodSteps must be a whole number >= 0, got NaN", { scale: 4, goodSteps: NaN }],
    ] as const) {
      expect(() => scaler.loadState(state)).toThrow(`[LossScaler] ${name}`);
    }
    expect(scaler.state()).toEqual({ scale: 8, goodSteps: 0 });
    expect(await scaler.scaleLoss(tensor(device, [3], [])).item()).toBe(24);
    scaler.dispose();
  });

  it("stays a number that f32 holds, and lets no gradient pass that is none once it is divided", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const scaler = new LossScaler(device, { growthInterval: 1, growthFactor: 2 ** 30 });
    const step = async (value: number) => {
      const unscaled = scaler.unscale(new Map([["g", tensor(device, [value, 1])]]));
      return { taken: await scaler.update(), g: (await unscaled.get("g")!.read())[0] as number };
    };
    for (let i = 0; i < 170; i++) expect((await step(Infinity)).taken).toBe(false);
    expect(scaler.scale).toBe(2 ** -126);
    expect(await scaler.scaleLoss(tensor(device, [4], [])).item()).toBe(2 ** -124);
    // Finite before it is divided, and not after: the step is skipped.
    expect(await step(8)).toEqual({ taken: false, g: Infinity });
    expect(await step(2)).toEqual({ taken: true, g: 2 ** 127 });
    expect(scaler.scale).toBe(2 ** -96);
    for (let i = 0; i < 10; i++) expect((await step(0)).taken).toBe(true);
    expect(scaler.scale).toBe(2 ** 126);
    const state = scaler.state();
    scaler.loadState(state);
    expect(scaler.state()).toEqual(state);
    scaler.dispose();
  });

  it("grows after a state with more good steps than it asks for", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const scaler = new LossScaler(device, { initialScale: 8, growthInterval: 2 });
    scaler.loadState({ scale: 8, goodSteps: 5 });
    scaler.unscale(new Map([["g", tensor(device, [1])]]));
    expect(await scaler.update()).toBe(true);
    expect(scaler.state()).toEqual({ scale: 16, goodSteps: 0 });
    scaler.dispose();
  });

  it.each([
    [{ growthFactor: 0 }, "growthFactor must be a number > 0, got 0"],
    [{ growthInterval: 2.5 }, "growthInterval must be a whole number >= 1, got 2.5"],
    [{ growthInterval: 0 }, "growthInterval must be a whole number >= 1, got 0"],
    [{ growthInterval: NaN }, "growthInterval must be a whole number >= 1, got NaN"],
    [{ initialScale: 1e-39 }, "initialScale must be 2^-126 to 2^126, got 1e-39"],
    [{ initialScale: 2 ** 128 }, `initialScale must be 2^-126 to 2^126, got ${2 ** 128}`],
  ])("refuses %o", async (options, message) => {
    const device = await testDevice();
    expect(() => new LossScaler(device, options)).toThrow(RangeError);
    expect(() => new LossScaler(device, options)).toThrow(`[LossScaler] ${message}`);
  });

  it("is not made in a captured step, which would make it once", async () => {
    const device = await testDevice();
    using step = capture(device, () => {
      const scaler = new LossScaler(device);
      return { scaled: scaler.scaleLoss(tensor(device, [1], [])) };
    });
    expect(() => step.run({})).toThrow("[LossScaler] is not possible while a step is captured");
  });
});
