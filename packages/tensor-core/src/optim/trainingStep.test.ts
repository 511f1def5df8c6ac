/** @file A whole training step leaks nothing and, once warm, creates nothing. */

import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../autograd/tape.ts";
import { Linear } from "../nn/linear.ts";
import { gelu, square } from "../ops/elementwise/unary.ts";
import { sum } from "../ops/reduce/sum.ts";
import { ones } from "../tensor/create.ts";
import { Random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { testDevice } from "../testing/testDevice.ts";
import { sgdStep } from "./sgd.ts";

describe("a training step", () => {
  it("leaves nothing behind after a training step, and makes nothing new from the second on", async () => {
    const device = await testDevice();
    const random = new Random(1);
    const layers = [new Linear(device, 5, 16, random), new Linear(device, 16, 3, random)] as const;
    const params = new Map<string, Tensor>();
    layers.forEach((layer, i) => {
      for (const [name, parameter] of layer.namedParameters(`${i}.`)) params.set(name, parameter);
    });
    const step = async () => {
      using _scope = device.scope();
      const x = ones(device, [4, 5]);
      const { value, grads } = valueAndGrad(
        () => sum(square(layers[1].forward(gelu(layers[0].forward(x))))),
        params,
      );
      sgdStep(params, grads, 0.01);
      return value.item();
    };
    const { live } = device.stats;
    const losses = [await step(), await step()];
    const { created, bindGroups, pipelines } = device.stats;
    for (let i = 0; i < 3; i++) losses.push(await step());
    expect(device.stats).toMatchObject({ live, created, bindGroups, pipelines });
    expect(losses).toEqual(losses.toSorted((a, b) => b - a));
    expect(new Set(losses).size).toBe(5);
    for (const layer of layers) layer.dispose();
    expect(device.stats.live).toBe(live - 4);
  });
});
