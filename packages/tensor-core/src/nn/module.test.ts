/** @file Names of parameters, and what a state dict may hold. */

import { describe, expect, it } from "vitest";
import { zeros } from "../tensor/create.ts";
import type { Device } from "../tensor/device.ts";
import { Random } from "../tensor/random.ts";
import { ShapeError } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { testDevice } from "../testing/testDevice.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { Sequential } from "./sequential.ts";

class Block extends Module {
  readonly width = 3;
  readonly norm: Tensor;
  readonly branches: Linear[];
  readonly missing: Tensor | undefined = undefined;

  constructor(device: Device, random: Random) {
    super();
    this.norm = zeros(device, [3]);
    this.branches = [new Linear(device, 3, 2, random), new Linear(device, 2, 3, random, { bias: false })];
  }
}

class Ensemble extends Module {
  readonly forward = (x: Tensor) => x;
  readonly weights: Tensor[];
  readonly means: Tensor[];
  readonly teacher: Linear;

  constructor(device: Device) {
    super();
    this.weights = [zeros(device, [1]), zeros(device, [2])];
    this.means = [zeros(device, [1]), zeros(device, [2])];
    this.teacher = new Linear(device, 1, 1, new Random(1));
  }

  override bufferNames() {
    return ["means", "teacher"];
  }
}

class Model extends Module {
  readonly blocks: Block[];
  readonly head: Linear;

  constructor(device: Device, random: Random) {
    super();
    this.blocks = [new Block(device, random), new Block(device, random)];
    this.head = new Linear(device, 3, 1, random);
  }
}

const inFirst = (...names: string[]) => names.map((name) => `layers.0.${name}`);
const blockNames = (i: number) =>
  ["norm", "branches.0.weight", "branches.0.bias", "branches.1.weight"].map((name) => `blocks.${i}.${name}`);

const select = (name: string) => name.startsWith("head.");

describe("Module", () => {
  it("names its parameters by the paths of fields, in their order", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const model = new Model(device, new Random(1));
    expect([...model.namedParameters().keys()]).toEqual([
      ...blockNames(0),
      ...blockNames(1),
      "head.weight",
      "head.bias",
    ]);
    expect(model.parameterCount()).toBe(2 * (3 + 6 + 2 + 6) + 3 + 1);
    expect(model.namedParameters().get("blocks.1.branches.0.weight")).toBe(
      model.blocks[1]!.branches[0]!.weight,
    );
  });

  it("tells buffers from parameters in arrays and in parts, and holds both in its state", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const model = new Sequential(new Ensemble(device));
    const parameters = inFirst("weights.0", "weights.1");
    const buffers = inFirst("means.0", "means.1", "teacher.weight", "teacher.bias");
    expect([...model.namedParameters().keys()]).toEqual(parameters);
    expect([...model.namedBuffers().keys()]).toEqual(buffers);
    expect([...(await model.stateDict()).keys()]).toEqual([...parameters, ...buffers]);
  });

  it("gives its values to another model of the same form", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const [a, b] = [new Model(device, new Random(1)), new Model(device, new Random(2))];
    const state = await a.stateDict();
    expect(await b.stateDict()).not.toEqual(state);
    b.loadStateDict(state);
    expect(await b.stateDict()).toEqual(state);
  });

  it("reads and writes the part that is selected, and leaves the rest", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const [a, b] = [new Model(device, new Random(1)), new Model(device, new Random(2))];
    const [of, before] = [await a.stateDict(), await b.stateDict()];
    const part = await a.stateDict(select);
    expect([...part.keys()]).toEqual([...of.keys()].filter(select));
    b.loadStateDict(part, select);
    expect(await b.stateDict()).toEqual(new Map([...before, ...part]));
    expect(() => b.loadStateDict(of, select)).toThrow(
      "[loadStateDict] blocks.0.norm is not selected: leave it out of the state, or select it",
    );
    const unknown = new Map([...part, ["ws.0", part.get("head.bias")!]]);
    expect(() => b.loadStateDict(unknown, select)).toThrow("the model has no parameter ws.0");
    expect(() => b.loadStateDict(new Map(), select)).toThrow("head.weight is missing");
  });

  it("writes nothing where a name is missing, surplus or of another shape", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const model = new Model(device, new Random(1));
    const before = await model.stateDict();
    const changed = new Map(
      [...before].map(([name, { shape, data }]) => [name, { shape, data: data.map((x) => x + 1) }]),
    );
    const without = new Map(changed);
    without.delete("head.bias");
    const value = { shape: [2], data: new Float32Array(2) };
    const load = (state: typeof changed) => () => model.loadStateDict(state);
    expect(load(without)).toThrow(ShapeError);
    expect(load(without)).toThrow("[loadStateDict] head.bias is missing");
    expect(load(new Map([...changed, ["tail", value]]))).toThrow(
      "[loadStateDict] the model has no parameter tail",
    );
    expect(load(new Map([...changed, ["head.bias", value]]))).toThrow(
      "[loadStateDict] head.bias must be [1], got [2]",
    );
    const short = { shape: [1], data: new Float32Array(0) };
    expect(load(new Map([...changed, ["head.bias", short]]))).toThrow(
      "[loadStateDict] head.bias holds 0 values for [1]",
    );
    expect(await model.stateDict()).toEqual(before);
  });

  it("frees its parameters", async () => {
    const device = await testDevice();
    const { live } = device.stats;
    const model = new Model(device, new Random(1));
    expect(device.stats.live).toBe(live + 10);
    model.dispose();
    expect(device.stats.live).toBe(live);
  });
});
