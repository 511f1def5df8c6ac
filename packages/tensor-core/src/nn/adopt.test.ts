/** @file Whose the tensors are that a module adopts, and what becomes of those before them. */

import { expect, it } from "vitest";
import { add } from "../ops/elementwise/binary.ts";
import { capture } from "../tensor/capture.ts";
import { full } from "../tensor/create.ts";
import type { Device } from "../tensor/device.ts";
import { Random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { narrowDevice, testDevice } from "../testing/testDevice.ts";
import { freeze, trainableParameters } from "./freeze.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { Sequential } from "./sequential.ts";

const linear = (device: Device) => new Linear(device, 2, 3, new Random(1));
const weight = (device: Device) => new Map<string, Tensor>([["weight", full(device, [3, 2], 7)]]);
const sevens = new Float32Array(6).fill(7);

it("leaves what stands for a frozen parameter frozen, and for another one not", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const model = linear(device);
  freeze(model, "weight");
  model.adopt(new Map([...weight(device), ["bias", full(device, [3], 1)]]));
  expect([...trainableParameters(model).keys()]).toEqual(["bias"]);
  expect(await model.weight.read()).toEqual(sevens);
});

it("owns what a scope made that does not hold the model, and frees it with the rest", async () => {
  const device = await testDevice();
  const { live } = device.stats;
  const model = linear(device);
  {
    using _scope = device.scope();
    using _inner = device.scope();
    model.adopt(weight(device));
  }
  expect(await model.weight.read()).toEqual(sevens);
  expect(device.stats.live).toBe(live + 2);
  model.dispose();
  expect(device.stats.live).toBe(live);
});

it("hands to the scope of the model what an inner one made", async () => {
  const device = await testDevice();
  const { live } = device.stats;
  {
    using _scope = device.scope();
    const model = linear(device);
    {
      using _inner = device.scope();
      using _innermost = device.scope();
      model.adopt(weight(device));
    }
    expect(await model.weight.read()).toEqual(sevens);
    expect(device.stats.live).toBe(live + 2);
  }
  expect(device.stats.live).toBe(live);
});

it("leaves with its scope what replaces a parameter of the same scope, or was kept", async () => {
  const device = await testDevice();
  const { live } = device.stats;
  {
    using _scope = device.scope();
    const model = linear(device);
    model.adopt(weight(device));
    {
      using inner = device.scope();
      const values = weight(device);
      for (const value of values.values()) inner.keep(value);
      model.adopt(values);
    }
    expect(await model.weight.read()).toEqual(sevens);
    expect(device.stats.live).toBe(live + 2);
    model.adopt(new Map([["weight", model.weight]]));
    expect(await model.weight.read()).toEqual(sevens);
  }
  expect(device.stats.live).toBe(live);
});

it("owns, and hands to the scope of the model, what is adopted while that scope is set aside", async () => {
  const device = await testDevice();
  const { live } = device.stats;
  const model = linear(device);
  {
    using _scope = device.scope();
    const values = weight(device);
    device.unscoped(() => device.unscoped(() => model.adopt(values)));
    const scoped = linear(device);
    device.unscoped(() => scoped.adopt(weight(device)));
    expect(await scoped.weight.read()).toEqual(sevens);
  }
  expect(await model.weight.read()).toEqual(sevens);
  expect(device.stats.live).toBe(live + 2);
  model.dispose();
  expect(device.stats.live).toBe(live);
});

it("leaves the mark of a frozen parameter, and its scope, with the name where two change places", async () => {
  const device = await testDevice();
  const { live } = device.stats;
  const model = linear(device);
  {
    using _scope = device.scope();
    const scoped = linear(device);
    const both = new Sequential(model, scoped);
    for (const [first, second] of [
      ["layers.0.weight", "layers.1.weight"],
      ["layers.1.weight", "layers.0.weight"],
    ] as const) {
      freeze(both, "layers.0.weight");
      const state = both.namedParameters();
      both.adopt(
        new Map([
          [first, state.get(second) as Tensor],
          [second, state.get(first) as Tensor],
        ]),
      );
      expect([...trainableParameters(both).keys()]).toEqual([
        "layers.0.bias",
        "layers.1.weight",
        "layers.1.bias",
      ]);
    }
  }
  expect(device.stats.live).toBe(live + 2);
  expect((await model.weight.read()).length).toBe(6);
  model.dispose();
  expect(device.stats.live).toBe(live);
});

class Shared extends Module {
  readonly listed: readonly Tensor[];
  readonly a: Linear;
  readonly b: Linear;

  constructor(device: Device) {
    super();
    this.listed = Object.freeze([full(device, [1], 1)]);
    this.a = this.b = linear(device);
  }
}

it("takes nothing where a field cannot be written, or is to be two tensors, or of another device", async () => {
  const device = await testDevice();
  using scope = device.scope();
  const model = new Shared(device);
  const before = [...model.namedParameters().values()];
  const values = {
    first: full(device, [3], 1),
    second: full(device, [3], 2),
    one: full(device, [1], 3),
    away: full(await narrowDevice(2 ** 20), [3], 1),
  };
  const { size } = scope;
  const adopting =
    (...pairs: [string, Tensor][]) =>
    () =>
      model.adopt(new Map(pairs));
  expect(adopting(["a.bias", values.first], ["listed.0", values.one])).toThrow(
    "[adopt] listed.0 cannot be replaced: it stands in a frozen object, or cannot be written",
  );
  expect(adopting(["a.bias", values.first], ["b.bias", values.second])).toThrow(
    "[adopt] a.bias and b.bias are one field of a shared part: give one of them, or both the same tensor",
  );
  expect(adopting(["a.bias", values.away])).toThrow(
    "[adopt] a.bias and what is to stand for it live on two devices",
  );
  values.away.dispose();
  expect([...model.namedParameters().values()]).toEqual(before);
  expect(scope.size).toBe(size);
  adopting(["a.bias", values.first], ["b.bias", values.first])();
  expect(await model.b.bias!.read()).toEqual(Float32Array.of(1, 1, 1));
  expect(() => add(before[2] as Tensor, values.second)).toThrow(
    "[add] a tensor of [3] was used after its module adopted another tensor as a.bias: take that one from the module",
  );
});

it("frees no tensor that is still a parameter, under its name or another", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const model = new Linear(device, 3, 3, new Random(1));
  const other = new Linear(device, 3, 3, new Random(2));
  const both = new Sequential(model, other);
  const [a, b] = [await model.weight.read(), await other.weight.read()];
  both.adopt(
    new Map([
      ["layers.0.weight", other.weight],
      ["layers.1.weight", model.weight],
    ]),
  );
  expect([await model.weight.read(), await other.weight.read()]).toEqual([b, a]);
});

it("stops a captured step that holds what was replaced, before it runs anything", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const model = linear(device);
  const images = { shape: [1, 2], data: new Float32Array(2) };
  const more = { shape: [2, 2], data: new Float32Array(4) };
  const make = () => capture(device, ({ x }: { x: Tensor }) => ({ y: model.forward(x) }));
  using step = make();
  for (let i = 0; i < 3; i++) step.run({ x: images });
  model.adopt(new Map([["weight", model.weight]]));
  step.run({ x: images });
  model.adopt(weight(device));
  expect(() => step.run({ x: images })).toThrow(
    "[capture] the step holds the former weight [3, 2], in whose place the model adopted another tensor: dispose of " +
      "the step and capture it anew",
  );
  step.run({ x: more });
  using anew = make();
  for (let i = 0; i < 3; i++) anew.run({ x: images });
});

it("lets a captured step go on over memory that the adopted tensor shares", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const model = linear(device);
  const images = { shape: [1, 2], data: new Float32Array([1, 1]) };
  using step = capture(device, ({ x }: { x: Tensor }) => ({ y: model.forward(x) }));
  for (let i = 0; i < 3; i++) step.run({ x: images });
  const { weight: former } = model;
  model.adopt(new Map([["weight", former.view(former.shape)]]));
  model.weight.write(sevens);
  const { y } = step.run({ x: images });
  expect(await y.read()).toEqual(new Float32Array(3).fill(14));
});
