/** @file SGD with momentum against PyTorch's, computed in f64 by `tools/witness/optimizers.py`; plain steps on a few numbers. */

import { describe, expect, it } from "vitest";
import { reshape } from "../ops/layout/reshape.ts";
import { full, tensor, zeros } from "../tensor/create.ts";
import { Device } from "../tensor/device.ts";
import type { HostTensor } from "../nn/module.ts";
import { capture } from "../tensor/capture.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { assertClose } from "../testing/array64.ts";
import { narrowDevice, testDevice } from "../testing/testDevice.ts";
import { tolerance } from "../testing/tolerance.ts";
import steps from "./fixtures/adam.json" with { type: "json" };
import witness from "./fixtures/sgd.json" with { type: "json" };
import { SGD, type SGDOptions, sgdStep } from "./sgd.ts";

type Named = Record<"weight" | "bias", number[]>;

const named = (device: Device, values: Named) =>
  new Map([
    ["weight", tensor(device, values.weight, steps.shapes.weight)],
    ["bias", tensor(device, values.bias, steps.shapes.bias)],
  ]);

/** The gradients of a step; one lacks that of the bias. */
function gradientsAt(device: Device, step: number): Map<string, Tensor> {
  const grads = named(device, steps.gradients[step] as Named);
  if (step === witness.withoutBias) grads.delete("bias");
  return grads;
}

async function hostCopy(tensors: ReadonlyMap<string, Tensor>): Promise<Map<string, HostTensor>> {
  const copy = new Map<string, HostTensor>();
  for (const [name, t] of tensors) copy.set(name, { shape: t.shape, data: (await t.read()) as Float32Array });
  return copy;
}

const momentum = { learningRate: 0.05, momentum: 0.75 } as const;

describe("SGD", () => {
  it.each(["plain", "momentum", "nesterov"] as const)("takes PyTorch's steps: %s", async (form) => {
    const device = await testDevice();
    using _scope = device.scope();
    const { lr: learningRate, weight_decay: weightDecay, ...rest } = witness[form].options;
    const params = named(device, steps.initial);
    const optimizer = new SGD(params, { learningRate, weightDecay, ...rest });
    const { live } = device.stats;
    for (let step = 0; step < steps.gradients.length; step++) {
      using _step = device.scope();
      optimizer.step(gradientsAt(device, step));
    }
    expect(device.stats.live).toBe(live);
    for (const name of ["weight", "bias"] as const) {
      const want = witness[form].params[name];
      assertClose(
        name,
        await params.get(name)!.read(),
        want,
        tolerance("composite", steps.gradients.length, 1),
      );
    }
    expect(optimizer.stepCount).toBe(steps.gradients.length);
    expect([...optimizer.state().keys()]).toEqual(
      form === "plain" ? [] : ["velocity.weight", "velocity.bias"],
    );
    optimizer.dispose();
  });

  it("goes on from a saved state bit for bit, in captured steps too", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const options = { ...momentum, learningRate: (step: number) => 0.1 / (1 + step), nesterov: true };
    const grads = named(device, steps.gradients[0] as Named);
    const whole = named(device, steps.initial);
    const through = new SGD(whole, options);
    for (let step = 0; step < 6; step++) through.step(grads);

    const half = named(device, steps.initial);
    const first = new SGD(half, options);
    for (let step = 0; step < 2; step++) first.step(grads);
    const second = new SGD(half, options);
    second.loadState(await hostCopy(first.state()), first.stepCount);
    using captured = capture(device, () => {
      second.step(grads);
      return {};
    });
    for (let step = 2; step < 6; step++) captured.run({});

    expect(await hostCopy(half)).toEqual(await hostCopy(whole));
    expect(await hostCopy(second.state())).toEqual(await hostCopy(through.state()));
    for (const optimizer of [through, first, second]) optimizer.dispose();
  });

  it("gives each parameter its share of the rate, and decay to those that have it", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const step = (options: SGDOptions) => {
      const params = named(device, steps.initial);
      const optimizer = new SGD(params, options);
      for (const gradients of steps.gradients) optimizer.step(named(device, gradients));
      optimizer.dispose();
      return hostCopy(params);
    };
    const weightDecay = 0.5;
    const got = await step({
      ...momentum,
      weightDecay,
      rateOf: (name) => (name === "bias" ? 4 : 1),
      decays: (name) => name === "weight",
    });
    expect(got.get("weight")).toEqual((await step({ ...momentum, weightDecay })).get("weight"));
    expect(got.get("bias")).toEqual((await step({ ...momentum, learningRate: 0.2 })).get("bias"));
  });

  it.each([
    ["more parameters than one dispatch holds", undefined],
    ["parameters that no binding holds at once", 1024],
  ] as const)("moves %s", async (_, limit) => {
    const device = limit === undefined ? await testDevice() : await narrowDevice(limit);
    using _scope = device.scope();
    const sizes = [3, 700, 1, 256, 257, 5];
    const all = (value: (i: number) => number) =>
      new Map(sizes.map((size, i) => [`${i}`, full(device, [size], value(i))]));
    const params = all((i) => i);
    const grads = all((i) => i + 1);
    const optimizer = new SGD(params, { learningRate: 0.5, momentum: 0.5 });
    for (let step = 0; step < 2; step++) optimizer.step(grads);
    const state = await hostCopy(optimizer.state());
    for (const [i, size] of sizes.entries()) {
      // Velocities of g, then 1.5 g.
      expect(await params.get(`${i}`)!.read()).toEqual(new Float32Array(size).fill(i - 1.25 * (i + 1)));
      expect(state.get(`velocity.${i}`)!.data).toEqual(new Float32Array(size).fill(1.5 * (i + 1)));
    }
    const zero = new Map(
      [...state].map(([name, { shape, data }]) => [name, { shape, data: data.map(() => 0) }]),
    );
    optimizer.loadState(zero, 0);
    expect(await hostCopy(optimizer.state())).toEqual(zero);
    optimizer.dispose();
  });

  it("names what does not fit, and frees what it made", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const params = named(device, steps.initial);
    const { live } = device.stats;
    const optimizer = new SGD(params, momentum);
    expect(() => new SGD(new Map(), momentum)).toThrow("[SGD] needs at least one parameter");
    expect(() => optimizer.step(new Map([["bias", params.get("weight")!]]))).toThrow(
      "[SGD] the gradient of bias must be [6] f32, got [3, 5] f32",
    );
    const copies = optimizer.state();
    const state = await hostCopy(copies);
    for (const copy of copies.values()) copy.dispose();
    const short = new Map([...state, ["velocity.bias", { shape: [6], data: new Float32Array(5) }]]);
    expect(() => optimizer.loadState(short, 1)).toThrow("[SGD] velocity.bias is [6], but holds 5 values");
    expect(() => optimizer.loadState(state, 0.5)).toThrow("[SGD] stepCount must be a whole number >= 0");
    expect(() => optimizer.loadState(new Map(), 1)).toThrow("[SGD] the state has no velocity.weight");
    optimizer.dispose();
    expect(device.stats.live).toBe(live);
  });
});

describe("sgdStep", () => {
  it("moves each parameter against its gradient, in place", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const params = new Map([
      ["a", tensor(device, [1, 2, 3, 4, 5])],
      ["b", tensor(device, [1])],
    ]);
    sgdStep(params, new Map([["a", tensor(device, [4, 0, -4, 2, 8])]]), 0.25);
    expect(await params.get("a")!.read()).toEqual(Float32Array.of(0, 2, 4, 3.5, 3));
    expect(await params.get("b")!.read()).toEqual(Float32Array.of(1));
  });

  it("moves more parameters than one dispatch holds, and those that no binding holds at once", async () => {
    const device = await Device.open({ maxBindingBytes: 1024 });
    using _scope = device.scope();
    const sizes = [3, 700, 1, 256, 257, 5];
    const all = (value: (i: number) => number) =>
      new Map(sizes.map((size, i) => [`${i}`, full(device, [size], value(i))]));
    const params = all((i) => i);
    sgdStep(
      params,
      all(() => 4),
      0.5,
    );
    for (const [i, size] of sizes.entries()) {
      expect(await params.get(`${i}`)!.read()).toEqual(new Float32Array(size).fill(i - 2));
    }
  });

  it("names what does not fit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const params = new Map([["a", zeros(device, [2])]]);
    expect(() => sgdStep(params, new Map([["a", zeros(device, [3])]]), 1)).toThrow(
      "[sgdStep] the gradient of a must be [2] f32, got [3] f32",
    );
    const view = reshape(params.get("a")!, [2, 1]);
    const tied = new Map([
      ["a", params.get("a")!],
      ["b", view],
    ]);
    expect(() => sgdStep(tied, tied, 1)).toThrow(
      "[sgdStep] a and b are one tensor and would be updated twice: leave one name out, here and in valueAndGrad, as " +
        'by parameters.delete("b")',
    );
  });
});
