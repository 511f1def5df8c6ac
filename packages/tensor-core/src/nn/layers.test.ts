/** @file Convolution, dropout, sequences, group norm and freezing. */

import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../autograd/tape.ts";
import { relu, square } from "../ops/elementwise/unary.ts";
import { flatten } from "../ops/layout/axes.ts";
import { cast } from "../ops/layout/cast.ts";
import { sum } from "../ops/reduce/sum.ts";
import { ones, tensor, zeros } from "../tensor/create.ts";
import { Random } from "../tensor/random.ts";
import { ShapeError } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { assertClose } from "../testing/array64.ts";
import { testDevice } from "../testing/testDevice.ts";
import { BatchNorm2d } from "./batchNorm2d.ts";
import { Conv2d } from "./conv2d.ts";
import { Dropout } from "./dropout.ts";
import { freeze, trainableParameters, unfreeze } from "./freeze.ts";
import { GroupNorm } from "./groupNorm.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { Sequential } from "./sequential.ts";
import { setTraining } from "./setTraining.ts";

async function network() {
  const device = await testDevice();
  const random = new Random(4);
  const scope = device.scope();
  const model = new Sequential(
    new Conv2d(device, 2, 4, 3, random, { padding: 1, stride: 2 }),
    relu,
    new Sequential(new Dropout(0.5, random), (x: Tensor) => flatten(x, 1)),
    new Linear(device, 4 * 2 * 2, 3, random, { bias: false }),
  );
  return { device, model, scope };
}

describe("Sequential", () => {
  it("calls layers in order, and names their parameters by place", async () => {
    const { device, model, scope } = await network();
    using _scope = scope;
    expect([...model.namedParameters().keys()]).toEqual([
      "layers.0.weight",
      "layers.0.bias",
      "layers.3.weight",
    ]);
    expect(model.forward(ones(device, [5, 2, 4, 4])).shape).toEqual([5, 3]);
    expect(model.modules().length).toBe(5);
    expect(model.parameterCount()).toBe(4 * 2 * 9 + 4 + 48);
  });

  it("drops elements while it trains, and none after", async () => {
    const { device, model, scope } = await network();
    using _scope = scope;
    const x = ones(device, [5, 2, 4, 4]);
    const forward = async () => model.forward(x).read();
    expect(await forward()).not.toEqual(await forward());
    setTraining(model, false);
    expect(await forward()).toEqual(await forward());
    expect(() => new Dropout(1, new Random(0))).toThrow("[Dropout] rate must be 0 to below 1, got 1");
  });

  it("tells parts of one's own whether it trains, where they ask by a boolean", () => {
    class Noise extends Module {
      training = true;
      forward = (x: Tensor) => x;
    }
    class Course extends Module {
      readonly training = "at night";
      forward = (x: Tensor) => x;
    }
    const [noise, course] = [new Noise(), new Course()];
    const model = new Sequential(new Sequential(noise), course);
    setTraining(model, false);
    expect([noise.training, course.training]).toEqual([false, "at night"]);
    setTraining(model, true);
    expect(noise.training).toBe(true);
  });
});

describe("freeze", () => {
  it("takes parameters out of training by the patterns of their names", async () => {
    const { model, scope } = await network();
    using _scope = scope;
    const trainable = () => [...trainableParameters(model).keys()];
    expect(freeze(model, "layers.0.*")).toEqual(["layers.0.weight", "layers.0.bias"]);
    expect(trainable()).toEqual(["layers.3.weight"]);
    expect(freeze(model, /weight$/)).toEqual(["layers.0.weight", "layers.3.weight"]);
    expect(trainable()).toEqual([]);
    unfreeze(model, "*bias");
    expect(trainable()).toEqual(["layers.0.bias"]);
    expect(() => freeze(model, "layers.0")).toThrow("[freeze] no parameter has a name like layers.0");
  });
});

describe("GroupNorm", () => {
  it("gives each group of each sample mean 0 and variance 1, then scales by channel", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const norm = new GroupNorm(device, 2, 4);
    norm.weight.write([1, 2, 3, 4]);
    norm.bias.write([0, 0, 0, 5]);
    const values = Float64Array.from({ length: 2 * 4 * 3 }, (_, i) => Math.sin(i) * 10 + i);
    const want = values.map((value, i) => {
      const group = values.subarray(Math.floor(i / 6) * 6, Math.floor(i / 6) * 6 + 6);
      const center = group.reduce((a, b) => a + b, 0) / 6;
      const spread = group.reduce((a, b) => a + (b - center) ** 2, 0) / 6;
      const channel = Math.floor(i / 3) % 4;
      return ((value - center) / Math.sqrt(spread + 1e-5)) * (channel + 1) + (channel === 3 ? 5 : 0);
    });
    assertClose("GroupNorm", await norm.forward(tensor(device, values, [2, 4, 3, 1])).read(), want, 1e-4);
    for (const shape of [
      [0, 4, 3],
      [2, 4, 0, 5],
      [0, 4],
    ]) {
      const { value, grads } = valueAndGrad(
        () => sum(norm.forward(zeros(device, shape))),
        norm.namedParameters(),
      );
      expect(await value.item()).toBe(0);
      expect(await grads.get("weight")?.read()).toEqual(new Float32Array(4));
    }
    expect(norm.forward(zeros(device, [0, 4, 3])).shape).toEqual([0, 4, 3]);
    expect(() => norm.forward(zeros(device, [2, 3, 1]))).toThrow(
      "[GroupNorm] x must be [B, 4, ...] f32 or f16, got [2, 3, 1] f32",
    );
    expect(() => norm.forward(zeros(device, [2, 4], "i32"))).toThrow("f32 or f16, got [2, 4] i32");
    for (const [groups, channels] of [
      [3, 4],
      [2.5, 5],
      [-2, 4],
      [0, 4],
      [Number.NaN, 4],
    ] as const) {
      expect(() => new GroupNorm(device, groups, channels)).toThrow(
        `[GroupNorm] ${groups} groups do not divide ${channels} channels`,
      );
    }
  });

  it("takes f16 as it takes what f16 holds in f32, and rounds once", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const norm = new GroupNorm(device, 2, 4);
    norm.weight.write([1, 2, 3, 4]);
    norm.bias.write([0, 1, 0, 5]);
    const x = tensor(
      device,
      Float32Array.from({ length: 2 * 4 * 3 }, (_, i) => Math.sin(i) * 300),
      [2, 4, 3],
      "f16",
    );
    const run = (images: Tensor) => {
      const forward = () => cast(norm.forward(images), "f32");
      const { grads } = valueAndGrad(() => sum(square(forward())), norm.namedParameters());
      return Promise.all([forward(), ...grads.values()].map(async (t) => [...(await t.read())]));
    };
    const [want = [], dweight = []] = await run(cast(x, "f32"));
    expect(norm.forward(x).dtype).toBe("f16");
    const [got = [], dweightHalf = []] = await run(x);
    expect(got).toEqual([...(await cast(cast(tensor(device, want), "f16"), "f32").read())]);
    assertClose("dweight", dweightHalf, dweight, 5e-3);
    norm.adopt(new Map([["weight", cast(norm.weight, "f16")]]));
    expect(await cast(norm.forward(x), "f32").read()).toEqual(Float32Array.from(got));
  });

  it("frees what it made on its way, without a scope around it", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const [norm, x] = [new GroupNorm(device, 2, 4), ones(device, [2, 4, 3])];
    const { live } = device.stats;
    device.unscoped(() => norm.forward(x)).dispose();
    expect(device.stats.live).toBe(live);
  });
});

describe("BatchNorm2d", () => {
  it("learns running statistics, which are no parameters but kept with them", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const model = new Sequential(new BatchNorm2d(device, 2, { momentum: 0.5 }));
    expect([...model.namedParameters().keys()]).toEqual(["layers.0.weight", "layers.0.bias"]);
    expect([...model.namedBuffers().keys()]).toEqual(["layers.0.runningMean", "layers.0.runningVar"]);
    const x = tensor(device, [1, 3, 10, 10, 5, 7, 10, 10], [2, 2, 1, 2]);
    const trained = await model.forward(x).read();
    // Channel 0 holds 1, 3, 5, 7: mean 4, variance 5, of samples 20 / 3; channel 1 is constant.
    assertClose(
      "y",
      trained,
      [-3, -1, 0, 0, 1, 3, 0, 0].map((v) => v / Math.sqrt(5 + 1e-5)),
      1e-5,
    );
    const state = await model.stateDict();
    assertClose("mean", state.get("layers.0.runningMean")!.data, [2, 5], 1e-6);
    assertClose("var", state.get("layers.0.runningVar")!.data, [0.5 + 10 / 3, 0.5], 1e-6);
    setTraining(model, false);
    const y = await model.forward(x).read();
    assertClose(
      "y",
      y.subarray(2, 4),
      [5, 5].map((v) => v / Math.sqrt(0.5 + 1e-5)),
      1e-5,
    );
    expect((await model.stateDict()).get("layers.0.runningMean")!.data).toEqual(
      state.get("layers.0.runningMean")!.data,
    );
    const other = new Sequential(new BatchNorm2d(device, 2));
    other.loadStateDict(state);
    setTraining(other, false);
    expect(await other.forward(x).read()).toEqual(y);
    expect(() => model.forward(zeros(device, [2, 2]))).toThrow(
      "[BatchNorm2d] x must be [B, C, H, W], got [2, 2]",
    );
  });
});

describe("Conv2d", () => {
  it.each([
    [4, 6, 0],
    [4, 6, -2],
    [4, 6, 1.5],
    [4, 6, NaN],
    [4, 6, 4],
    [6, 4, 3],
  ])("refuses %d to %d channels in %d groups", async (inputs, outputs, groups) => {
    const device = await testDevice();
    const make = () => new Conv2d(device, inputs, outputs, 3, new Random(1), { groups });
    expect(make).toThrow(ShapeError);
    expect(make).toThrow(
      `[Conv2d] groups must be a whole number that divides ${inputs} inputs and ${outputs} outputs, got ${groups}`,
    );
  });
});
