/** @file Models without memory: shapes and counts, what is refused, and how they get values. */

import { expect, test } from "vitest";
import { valueAndGrad } from "../autograd/tape.ts";
import { gelu, square } from "../ops/elementwise/unary.ts";
import { sum } from "../ops/reduce/sum.ts";
import { capture } from "../tensor/capture.ts";
import { tensor, zeros } from "../tensor/create.ts";
import { Device } from "../tensor/device.ts";
import { Random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { measureMemory, withoutMemory } from "../tensor/withoutMemory.ts";
import { testDevice } from "../testing/testDevice.ts";
import { Linear } from "./linear.ts";
import { Sequential } from "./sequential.ts";

test("a model without memory has names, shapes and counts, and takes neither memory nor draws", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const before = device.stats;
  const random = new Random(1);
  // 40 GB of parameters.
  const model = withoutMemory(() => new Linear(device, 100_000, 100_000, random));
  expect(device.stats).toEqual(before);
  expect(random.bits()).toBe(new Random(1).bits());
  expect(model.parameterCount()).toBe(10_000_100_000);
  expect(model.weight.hasMemory).toBe(false);
  expect(model.weight.shape).toEqual([100_000, 100_000]);
});

test("what makes it is over when it returns, and is no captured step", async () => {
  const device = await testDevice();
  expect(() => measureMemory(async () => {})).toThrow("[measureMemory] the function must not be async");
  using step = capture(device, ({ x }: Readonly<Record<"x", Tensor>>) => ({ y: square(x) }));
  const inputs = { x: { shape: [2], data: Float32Array.of(2, 3) } };
  expect(() => measureMemory(() => step.run(inputs))).toThrow(
    "[capture] a captured step has memory: measure the function",
  );
  await expect(measureMemory(() => ({ ready: step.prepare(inputs) })).value.ready).rejects.toThrow(
    "[capture]",
  );
  expect(await step.run(inputs).y.read()).toEqual(Float32Array.of(4, 9));
});

test("its parameters refuse use by a message that says what to do, until they are replaced", async () => {
  const device = await testDevice();
  using scope = device.scope();
  const model = withoutMemory(() => new Sequential(new Linear(device, 2, 1, new Random(1))));
  const x = tensor(device, [3, 4], [1, 2]);
  expect(() => model.forward(x)).toThrow("a tensor of [1, 2] was made without memory");
  await expect(model.stateDict()).rejects.toThrow("load weights");
  expect(() => [...model.namedParameters().values()][0]?.write([1, 2])).toThrow("without memory");
  const names = [...model.namedParameters().keys()];
  const [weight, bias] = names as [string, string];
  expect(() => model.adopt(new Map([[weight, zeros(device, [2, 1])]]))).toThrow(
    `[adopt] ${weight} must be [1, 2], got [2, 1]`,
  );
  expect(() => model.adopt(new Map([["other", zeros(device, [1])]]))).toThrow(
    "[adopt] the model has no parameter other",
  );
  model.adopt(
    new Map([
      [weight, tensor(device, [10, 1], [1, 2], "f16")],
      [bias, tensor(device, [0.5])],
    ]),
  );
  expect([...model.namedParameters()].map(([name, t]) => [name, t.hasMemory, t.dtype])).toEqual([
    [weight, true, "f16"],
    [bias, true, "f32"],
  ]);
  expect(await model.forward(x).item()).toBe(34.5);
  // What is replaced is freed.
  const size = scope.size;
  model.adopt(new Map([[bias, tensor(device, [1])]]));
  expect(scope.size).toBe(size);
});

test("a state is loaded into all of a model, or into nothing of it", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const model = withoutMemory(() => new Linear(device, 2, 1, new Random(1)));
  model.adopt(new Map([["weight", tensor(device, [1, 2], [1, 2])]]));
  const state = new Map([
    ["weight", { shape: [1, 2], data: Float32Array.of(8, 9) }],
    ["bias", { shape: [1], data: Float32Array.of(7) }],
  ]);
  expect(() => model.loadStateDict(state)).toThrow(
    "[loadStateDict] bias was made without memory: give it a tensor with adopt first",
  );
  expect(await model.weight.read()).toEqual(Float32Array.of(1, 2));
  withoutMemory(() => model.loadStateDict(state));
  model.adopt(new Map([["bias", zeros(device, [1])]]));
  model.loadStateDict(state);
  expect(await model.stateDict()).toEqual(state);
});

test("a step's predicted memory is what it takes, to the byte", async () => {
  const device = await Device.open();
  const [width, batch] = [300, 70];
  const build = () =>
    new Sequential(
      new Linear(device, width, 4 * width, new Random(1)),
      gelu,
      new Linear(device, 4 * width, 5, new Random(2)),
    );
  const step = (model: Sequential) => {
    using _scope = device.scope();
    const x = zeros(device, [batch, width]);
    return valueAndGrad(() => sum(square(model.forward(x))), model.namedParameters());
  };
  const predicted = measureMemory(() => step(build()));
  const first = device.stats;
  expect(first.created).toBe(0);
  step(build());
  await device.synchronize();
  expect(device.stats.peakBytes).toBe(predicted.peakBytes);
  // What is given back counts as given back.
  const twice = measureMemory(() => {
    const model = build();
    step(model);
    step(model);
  });
  expect(twice.peakBytes).toBe(predicted.peakBytes);
});
