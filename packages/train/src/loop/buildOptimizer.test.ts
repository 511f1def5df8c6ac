/** @file The optimiser that a configuration names, as one step of it shows. */

import { type Device, Linear, Random, tensor } from "@candor/tensor-core";
import { testDevice } from "@candor/tensor-core/testing";
import { expect, it } from "vitest";
import { starter } from "../recipes/starter.ts";
import { buildOptimizer } from "./buildOptimizer.ts";

const base = { ...starter("flip-v", "manifest.arrow").optimizer, weightDecay: 0.5, warmupSteps: 0 };

/** Weight and bias, of 1 each, after a step whose gradients are 0: decay alone moves them. */
async function decayed(device: Device, change: Partial<typeof base>, groups: { match: string }[] = []) {
  using _scope = device.scope();
  const model = new Linear(device, 1, 1, new Random(1));
  for (const parameter of model.namedParameters().values()) parameter.write(Float32Array.of(1));
  const { optimizer } = buildOptimizer(model, { optimizer: { ...base, ...change }, groups, steps: 10 });
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

it("a constant schedule stays at the peak after its warm-up", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const rates = (schedule: "cosine" | "constant") => {
    const config = { ...base, schedule, warmupSteps: 2, learningRate: 1 };
    const { optimizer, rate } = buildOptimizer(new Linear(device, 1, 1, new Random(1)), {
      optimizer: config,
      groups: [],
      steps: 5,
    });
    optimizer.dispose();
    return [0, 1, 2, 3, 4].map(rate);
  };
  expect(rates("constant")).toEqual([0.5, 1, 1, 1, 1]);
  expect(rates("cosine")[4]).toBe(0);
});
