/** @file Parameters of more workgroups than one axis of the grid holds are updated to their last element. */

import { expect, it } from "vitest";
import { max, min } from "../ops/reduce/extremes.ts";
import { full } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { testDevice } from "../testing/testDevice.ts";
import { AdamW } from "./adamW.ts";
import { sgdStep } from "./sgd.ts";

/** One workgroup more than an axis holds, of 64 quads each; AdamW's moments are the 128 MiB that lavapipe binds. */
const size = 65_536 * 64 * 4;

const range = async (x: Tensor) => [await min(x).item(), await max(x).item()];

it("are steps of sgd and of AdamW", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const params = new Map([["p", full(device, [size], 2)]]);
  const grads = new Map([["p", full(device, [size], 4)]]);
  const p = params.get("p") as Tensor;
  sgdStep(params, grads, 0.25);
  expect(await range(p)).toEqual([1, 1]);
  const optimizer = new AdamW(params, { learningRate: 0.5, weightDecay: 0, eps: 0 });
  optimizer.step(grads);
  const [least, most] = await range(p);
  expect(least).toBe(most);
  expect(least).toBeCloseTo(0.5, 5); // the first step is the rate
  optimizer.dispose();
});
