/** @file AdamW against the algorithm in f64, and a resumed run against one that went through. */

import { describe, expect, it } from "vitest";
import { addScalar } from "../ops/elementwise/unary.ts";
import type { HostTensor } from "../nn/module.ts";
import type { Device } from "../tensor/device.ts";
import { tensor, zeros } from "../tensor/create.ts";
import { Random } from "../tensor/random.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { assertClose, random64 } from "../testing/array64.ts";
import { testDevice } from "../testing/testDevice.ts";
import { tolerance } from "../testing/tolerance.ts";
import { AdamW, type AdamWOptions } from "./adamW.ts";

const shapes = { scale: [1], bias: [7], weight: [33, 65], table: [3, 5, 7] } as const;
const names = Object.keys(shapes) as (keyof typeof shapes)[];
const steps = 6;
const options = {
  learningRate: 0.02,
  betas: [0.8, 0.95],
  eps: 1e-6,
  weightDecay: 0.1,
  maxGradNorm: 3,
} as const;

const initial = (name: keyof typeof shapes) => random64(shapes[name], new Random(1).fork(name));
/** Early gradients are long and clipped, later ones short and not. */
const gradientAt = (name: keyof typeof shapes, step: number) => {
  const { data, shape } = random64(shapes[name], new Random(2).fork(`${name}${step}`));
  return { shape, data: data.map((value) => Math.fround(value * (step < 3 ? 1 : 0.02))) };
};
const rateAt = (step: number) => options.learningRate / (1 + step);

/** Algorithm 2 of arXiv:1711.05101, one scalar after the other. */
function reference(): { params: Record<string, Float64Array>; norms: number[] } {
  const params = Object.fromEntries(names.map((name) => [name, initial(name).data]));
  const m = Object.fromEntries(names.map((name) => [name, new Float64Array(sizeOf(shapes[name]))]));
  const v = Object.fromEntries(names.map((name) => [name, new Float64Array(sizeOf(shapes[name]))]));
  const norms: number[] = [];
  for (let step = 0; step < steps; step++) {
    let squares = 0;
    for (const name of names) for (const g of gradientAt(name, step).data) squares += g * g;
    const norm = Math.sqrt(squares);
    norms.push(norm);
    for (const name of names) {
      const decay = name === "weight" || name === "table" ? options.weightDecay : 0;
      gradientAt(name, step).data.forEach((raw, i) => {
        const g = norm > options.maxGradNorm ? (raw * options.maxGradNorm) / norm : raw;
        m[name]![i] = options.betas[0] * m[name]![i]! + (1 - options.betas[0]) * g;
        v[name]![i] = options.betas[1] * v[name]![i]! + (1 - options.betas[1]) * g * g;
        const mHat = m[name]![i]! / (1 - options.betas[0] ** (step + 1));
        const vHat = v[name]![i]! / (1 - options.betas[1] ** (step + 1));
        const p = params[name]![i]!;
        params[name]![i] = p - rateAt(step) * (mHat / (Math.sqrt(vHat) + options.eps) + decay * p);
      });
    }
  }
  return { params, norms };
}

function parameters(device: Device): Map<string, Tensor> {
  return new Map(names.map((name) => [name, tensor(device, initial(name).data, shapes[name])]));
}

function takeStep(device: Device, optimizer: AdamW, step: number): void {
  using _scope = device.scope();
  const grads = new Map(
    names.map((name) => [name, tensor(device, gradientAt(name, step).data, shapes[name])]),
  );
  optimizer.step(grads, rateAt(step));
}

async function hostCopy(tensors: ReadonlyMap<string, Tensor>): Promise<Map<string, HostTensor>> {
  const copy = new Map<string, HostTensor>();
  for (const [name, t] of tensors) copy.set(name, { shape: t.shape, data: (await t.read()) as Float32Array });
  return copy;
}

describe("AdamW", () => {
  it("follows the paper's algorithm, with clipping and decay of matrices alone", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const params = parameters(device);
    const optimizer = new AdamW(params, options);
    const want = reference();
    expect(want.norms[0]).toBeGreaterThan(options.maxGradNorm);
    expect(want.norms[steps - 1]).toBeLessThan(options.maxGradNorm);
    for (let step = 0; step < steps; step++) {
      takeStep(device, optimizer, step);
      const norm = await optimizer.lastGradNorm.item();
      assertClose(`norm ${step}`, [norm], [want.norms[step]!], tolerance("reduction", 64, want.norms[step]!));
    }
    for (const name of names) {
      const got = await params.get(name)!.read();
      assertClose(name, got, want.params[name]!, tolerance("composite", steps, 1));
    }
    expect(optimizer.stepCount).toBe(steps);
    optimizer.dispose();
  });

  it("measures the norm over many parts of many gradients, and over none of an earlier step", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    // Three workgroups for the second and two for the fifth, each with a rest; nine gradients, in two dispatches.
    const sizes = [1, 20_011, 70, 83, 9001, 45, 66, 64, 129];
    const random = new Random(4);
    // Whole numbers: their squares add up to the same in any order.
    const gradients = sizes.map((size) =>
      Float32Array.from({ length: size }, () => Math.floor(random.uniform(-3, 4))),
    );
    // As a kernel leaves them, what pads the last quad is not 0.
    const named = (at: readonly number[]) =>
      new Map(at.map((i) => [`p${i}`, addScalar(tensor(device, gradients[i] as Float32Array), 9)]));
    const all = sizes.map((_, i) => i);
    const optimizer = new AdamW(named(all), options);
    for (const present of [all, [0, 2, 3, 5, 1], [8, 1], [4], all.toReversed(), [1]]) {
      optimizer.step(named(present));
      let squares = 0;
      for (const i of present) for (const g of gradients[i] as Float32Array) squares += (g + 9) ** 2;
      const norm = await optimizer.lastGradNorm.item();
      // One element more or less shows: the smallest changes a sum of 2.5 million by 36.
      expect(Math.abs(norm / Math.sqrt(squares) - 1), `gradients ${present.join()}`).toBeLessThan(5e-7);
    }
    optimizer.dispose();
  });

  it("goes on from a saved state bit for bit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const whole = parameters(device);
    const through = new AdamW(whole, options);
    for (let step = 0; step < steps; step++) takeStep(device, through, step);

    const before = parameters(device);
    const first = new AdamW(before, options);
    for (let step = 0; step < 3; step++) takeStep(device, first, step);
    const saved = {
      params: await hostCopy(before),
      state: await hostCopy(first.state()),
      steps: first.stepCount,
    };
    const after = new Map(
      [...saved.params].map(([name, { data, shape }]) => [name, tensor(device, data, shape)]),
    );
    const second = new AdamW(after, options);
    second.loadState(saved.state, saved.steps);
    for (let step = 3; step < steps; step++) takeStep(device, second, step);

    expect(await hostCopy(after)).toEqual(await hostCopy(whole));
    expect(await hostCopy(second.state())).toEqual(await hostCopy(through.state()));
    for (const optimizer of [through, first, second]) optimizer.dispose();
  });

  it("makes its moments outside of any scope and frees them when told", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const params = parameters(device);
    const before = device.stats.live;
    let optimizer: AdamW;
    {
      using _inner = device.scope();
      optimizer = new AdamW(params, options);
    }
    takeStep(device, optimizer, 0);
    await device.synchronize();
    const held = before + Math.ceil(names.length / 3) + 2; // moments by threes of parameters, the norm and its parts
    expect(device.stats.live).toBe(held);
    for (const copy of optimizer.state().values()) copy.dispose();
    expect(device.stats.live).toBe(held);
    optimizer.dispose();
    expect(device.stats.live).toBe(before);
  });

  it("leaves a parameter without a gradient as it is", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const params = parameters(device);
    const optimizer = new AdamW(params, options);
    optimizer.step(new Map([["bias", tensor(device, gradientAt("bias", 0).data)]]));
    expect(await params.get("weight")!.read()).toEqual(Float32Array.from(initial("weight").data));
    expect(await params.get("bias")!.read()).not.toEqual(Float32Array.from(initial("bias").data));
    optimizer.dispose();
  });

  it("names what does not fit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const params = parameters(device);
    const optimizer = new AdamW(params, options satisfies AdamWOptions);
    expect(() => new AdamW(new Map(), options)).toThrow("[AdamW] needs at least one parameter");
    expect(() => optimizer.step(new Map([["head", zeros(device, [2])]]))).toThrow("no parameter head");
    expect(() => optimizer.step(new Map([["bias", zeros(device, [8])]]))).toThrow(
      "[AdamW] the gradient of bias must be [7] f32, got [8] f32",
    );
    const state = await hostCopy(optimizer.state());
    const bad = { shape: [2], data: new Float32Array(2) };
    expect(() => optimizer.loadState(new Map(), 1)).toThrow("[AdamW] the state has no first.scale");
    expect(() => optimizer.loadState(new Map([...state, ["first.bias", bad]]), 1)).toThrow(
      "[AdamW] first.bias must be [7], got [2]",
    );
    const long = { shape: [7], data: new Float32Array(8) };
    expect(() => optimizer.loadState(new Map([...state, ["second.bias", long]]), 1)).toThrow(
      "[AdamW] second.bias is [7], but holds 8 values",
    );
    expect(await hostCopy(optimizer.state())).toEqual(state);
    expect(() => optimizer.loadState(new Map([...state, ["third.bias", bad]]), 1)).toThrow(
      "no parameter belongs to third.bias",
    );
    expect(() => optimizer.loadState(state, -1)).toThrow("stepCount must be a whole number >= 0, got -1");
    expect(optimizer.stepCount).toBe(0);
    optimizer.dispose();
  });
});
