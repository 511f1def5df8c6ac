/** @file The modules with parameters of their own: names, first values, results. */

import { expect, it } from "vitest";
import { tensor } from "../tensor/create.ts";
import { Random } from "../tensor/random.ts";
import { assertClose } from "../testing/array64.ts";
import { testDevice } from "../testing/testDevice.ts";
import { Embedding } from "./embedding.ts";
import { LayerNorm } from "./layerNorm.ts";
import { RmsNorm } from "./rmsNorm.ts";

it("LayerNorm starts as plain normalisation, with weight and bias", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const norm = new LayerNorm(device, 4, { eps: 0 });
  expect([...norm.namedParameters().keys()]).toEqual(["weight", "bias"]);
  const y = await norm.forward(tensor(device, [1, 1, 3, 3], [1, 4])).read();
  assertClose("y", y, [-1, -1, 1, 1], 1e-6);
});

it("RmsNorm starts as plain normalisation, with a weight", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const norm = new RmsNorm(device, 2);
  expect([...norm.namedParameters().keys()]).toEqual(["weight"]);
  const y = await norm.forward(tensor(device, [3, 4], [1, 2])).read();
  assertClose("y", y, [3 / Math.sqrt(12.5), 4 / Math.sqrt(12.5)], 1e-6);
});

it("Embedding looks up rows of its weight", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const table = new Embedding(device, 5, 3, new Random(1));
  const rows = await table.weight.read();
  const y = table.forward(tensor(device, [4, 0], [1, 2], "i32"));
  expect(y.shape).toEqual([1, 2, 3]);
  expect([...(await y.read())]).toEqual([...rows.subarray(12, 15), ...rows.subarray(0, 3)]);
});
