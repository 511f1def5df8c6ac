/** @file What a module's state may be: tensors that live, numbers of their dtype, each counted once, no module in itself. */

import { expect, it } from "vitest";
import { full, tensor } from "../tensor/create.ts";
import type { Device } from "../tensor/device.ts";
import { Random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { testDevice } from "../testing/testDevice.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { Sequential } from "./sequential.ts";
import { setTraining } from "./setTraining.ts";

const linear = (device: Device) => new Linear(device, 2, 3, new Random(1));

it("adopts no tensor that was freed, and nothing of what stands beside it", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const model = linear(device);
  const { weight, bias } = model;
  const freed = full(device, [3], 1);
  freed.dispose();
  const values = new Map<string, Tensor>([
    ["weight", full(device, [3, 2], 7)],
    ["bias", freed],
  ]);
  expect(() => model.adopt(values)).toThrow(
    "[adopt] a tensor of [3] was used after it, or what it is a part of, was disposed of",
  );
  expect([model.weight, model.bias]).toEqual([weight, bias]);
  expect(model.forward(full(device, [1, 2], 1)).shape).toEqual([1, 3]);
});

it("says of a former parameter that another was adopted in its place", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const model = linear(device);
  const { weight } = model;
  model.adopt(new Map([["weight", full(device, [3, 2], 7)]]));
  await expect(weight.read()).rejects.toThrow(
    "[read] a tensor of [3, 2] was used after its module adopted another tensor as weight: take that one from the module",
  );
});

it("loads no state where a parameter was freed, and writes nothing of it", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const model = linear(device);
  const before = [...(await model.weight.read())];
  const state = await model.stateDict();
  state.get("weight")!.data.fill(9);
  model.bias!.dispose();
  expect(() => model.loadStateDict(state)).toThrow(
    "[loadStateDict] a tensor of [3] was used after it, or what it is a part of, was disposed of",
  );
  expect([...(await model.weight.read())]).toEqual(before);
});

it("counts a parameter under two names once", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const shared = linear(device);
  const tied = new Sequential(shared, (x) => x, shared);
  expect([...tied.namedParameters().keys()]).toHaveLength(4);
  expect(tied.parameterCount()).toBe(9);
});

class Counter extends Module {
  readonly steps: Tensor;
  readonly seen: Tensor;

  constructor(device: Device) {
    super();
    this.steps = tensor(device, [1, -2], [2], "i32");
    this.seen = tensor(device, [3, 4e9], [2], "u32");
  }

  override bufferNames(): readonly string[] {
    return ["steps", "seen"];
  }
}

it("holds whole numbers as such, and loads no other ones in their place", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const model = new Counter(device);
  const state = await model.stateDict();
  expect(state.get("steps")?.data).toEqual(Int32Array.of(1, -2));
  expect(state.get("seen")?.data).toEqual(Uint32Array.of(3, 4e9));
  const load = (name: string, data: Float32Array | Uint32Array) => () =>
    model.loadStateDict(new Map([...state, [name, { shape: [2], data }]]));
  for (const [name, value, dtype] of [
    ["steps", 1.5, "i32"],
    ["steps", 3e9, "i32"],
    ["steps", NaN, "i32"],
    ["seen", -1, "u32"],
    ["seen", 2 ** 32, "u32"],
  ] as const) {
    expect(load(name, Float32Array.of(5, value))).toThrow(RangeError);
    expect(load(name, Float32Array.of(5, value))).toThrow(
      `[loadStateDict] ${name} is ${dtype}, and its element 1 is to be ${value}`,
    );
  }
  expect(load("steps", Uint32Array.of(5, 3e9))).toThrow("its element 1 is to be 3000000000");
  expect(await model.stateDict()).toEqual(state);
  load("steps", Float32Array.of(5, -(2 ** 31)))();
  expect(await model.steps.read()).toEqual(Int32Array.of(5, -(2 ** 31)));
  model.loadStateDict(state);
  expect(await model.stateDict()).toEqual(state);
});

class Child extends Module {
  parent?: Module;
}

it("names a module that holds what holds it, and how not to", async () => {
  const child = new Child();
  const parent = new Sequential(Object.assign(child, { forward: (x: Tensor) => x }));
  expect(parent.modules()).toHaveLength(2);
  child.parent = parent;
  const refused = "[Module] Sequential is a part of itself: hold what a part belongs to in a #private field";
  for (const walk of [
    () => parent.namedParameters(),
    () => parent.namedBuffers(),
    () => parent.modules(),
    () => setTraining(parent, false),
    () => parent.parameterCount(),
  ]) {
    expect(walk).toThrow(refused);
  }
  delete child.parent;
  expect(parent.modules()).toHaveLength(2);
  expect(parent.namedParameters().size).toBe(0);
});
