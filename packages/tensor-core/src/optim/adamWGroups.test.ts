/** @file AdamW with a share of the learning rate for each parameter, in plain and in captured steps. */

import { expect, it } from "vitest";
import { capture } from "../tensor/capture.ts";
import { tensor } from "../tensor/create.ts";
import type { Device } from "../tensor/device.ts";
import { Random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { random64 } from "../testing/array64.ts";
import { testDevice } from "../testing/testDevice.ts";
import { AdamW, type AdamWOptions } from "./adamW.ts";

const names = ["head.weight", "head.bias", "vit.a", "vit.b", "vit.c"];
const shape = [3, 5];
// Powers of two, so that products with them are exact.
const shares: Record<string, number> = {
  "head.weight": 2,
  "head.bias": 2,
  "vit.a": 0.25,
  "vit.b": 0,
  "vit.c": 1,
};
const options = {
  learningRate: (step: number) => 0.02 / (1 + step),
  weightDecay: 0.1,
  decays: () => true,
} as const;

const drawn = (device: Device, name: string, seed: number) =>
  tensor(device, random64(shape, new Random(seed).fork(name)).data, shape);
const drawAll = (device: Device, seed: number) =>
  new Map<string, Tensor>(names.map((name) => [name, drawn(device, name, seed)]));

async function train(device: Device, extra: Partial<AdamWOptions>, captured = false): Promise<number[][]> {
  using _scope = device.scope();
  const parameters = drawAll(device, 1);
  const grads = drawAll(device, 2);
  const optimizer = new AdamW(parameters, { ...options, ...extra });
  if (captured) {
    const step = capture(device, () => {
      optimizer.step(grads);
      return {};
    });
    for (let i = 0; i < 4; i++) step.run({});
    step.dispose();
  } else for (let i = 0; i < 4; i++) optimizer.step(grads);
  const values: number[][] = [];
  for (const parameter of parameters.values()) values.push([...(await parameter.read())]);
  optimizer.dispose();
  return values;
}

it("steps as far as an optimiser of that share of the rate would, for each parameter", async () => {
  const device = await testDevice();
  const got = await train(device, { rateOf: (name) => shares[name] ?? 1 });
  for (const [i, name] of names.entries()) {
    const share = shares[name] ?? 1;
    const alone = await train(device, { learningRate: (step) => options.learningRate(step) * share });
    expect(got[i], name).toEqual(alone[i]);
  }
  expect(await train(device, { rateOf: (name) => shares[name] ?? 1 }, true)).toEqual(got);
  const before = [...random64(shape, new Random(1).fork("vit.b")).data].map(Math.fround);
  expect(got[3]).toEqual(before);
});
