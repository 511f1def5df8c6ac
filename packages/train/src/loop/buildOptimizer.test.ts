/** @file The optimiser that a configuration names, as one step of it shows. */

import { type Device, Linear, Random, tensor } from "@candor/tensor-core";
import { testDevice } from "@candor/tensor-core/testing";
import { expect, it } from "vitest";
import { starter } from "../recipes/starter.ts";
import { buildOptimizer, learningRates } from "./buildOptimizer.ts";

const base = { ...starter("flip-v", "manifest.arrow").optimizer, weightDecay: 0.5, warmupSteps: 0 };

/** Weight and bias, of 1 each, after a step whose gradients are 0: decay alone moves them. */
async function decayed(device: Device, change: Partial<typeof base>, groups: { match: string }[] = []) {
  using _scope = device.scope();
  const model = new Linear(device, 1, 1, new Random(1));
  for (const parameter of model.namedParameters().values()) parameter.write(Float32Array.of(1));
  const optimizer = buildOptimizer(model, { optimizer: { ...base, ...change }, groups });
  const zeros = [...model.namedParameters()].map(
    ([name, { shape }]) => [name, tensor(device, [0], shape)] as const,
  );
  optimizer.step(new Map(zeros));
  const values = await Promise.all([...model.namedParameters().values()].map((value) => value.read()));
  optimizer.dispose();
  return values.map((value) => value[0]);
}

it("AdamW takes a share from matrices alone; Adam's decay goes through the moments, and biases decay too", async () => {
  const device = await testDevice();
  const rate = base.learningRate;
  const [weight, bias] = await decayed(device, {});
  expect(weight).toBeCloseTo(1 - rate * 0.5, 6);
  expect(bias).toBe(1);
  // The first step of Adam is the rate, whatever the gradient.
  for (const groups of [[], [{ match: "*" }]])
    for (const value of await decayed(device, { algorithm: "adam" }, groups))
      expect(value).toBeCloseTo(1 - rate, 6);
});

it.each([
  ["constant", [0.5, 1, 1, 1, 1]],
  ["cosine", [0.5, 1, 0.75, 0.25, 0]],
] as const)("a %s schedule after its warm-up", (schedule, wanted) => {
  const optimizer = { ...base, schedule, warmupSteps: 2, learningRate: 1 };
  const rate = learningRates({ optimizer, steps: 5 });
  wanted.forEach((value, step) => expect(rate(step)).toBeCloseTo(value, 6));
});
