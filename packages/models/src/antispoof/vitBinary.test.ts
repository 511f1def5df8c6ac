/** @file The baseline: its count, and images learnt by heart. */

import { AdamW, Random, tensor, valueAndGrad } from "@candor/tensor-core";
import { random64, testDevice } from "@candor/tensor-core/testing";
import { expect, test } from "vitest";
import { createModel, modelParameterCount } from "../createModel.ts";
import { judgmentCrossEntropy } from "../losses/judgmentCrossEntropy.ts";
import { tinyIfas } from "../testing/tinyIfas.ts";
import { liveProbability } from "./judge.ts";

test("eight judgments are learnt by heart", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const config = { method: "vitBinary", vit: tinyIfas.vit } as const;
  const model = createModel(device, config, new Random(1));
  expect(model.parameterCount()).toBe(modelParameterCount(config));
  const labels = [0, 1, 1, 0, 1, 0, 0, 1];
  const shape = [8, 3, 16, 16];
  const images = tensor(device, random64(shape, new Random(2)).data, shape);
  const targets = tensor(device, labels, [8], "i32");
  const weights = tensor(
    device,
    labels.map(() => 1 / 8),
  );
  const optimizer = new AdamW(model.namedParameters(), { learningRate: 5e-3 });
  let loss = Number.NaN;
  for (let step = 0; step < 40; step++) {
    using _step = device.scope();
    const { value, grads } = valueAndGrad(
      () => judgmentCrossEntropy(model.judgmentLogits(images), targets, weights),
      model.namedParameters(),
    );
    optimizer.step(grads);
    loss = await value.item();
  }
  expect(loss).toBeLessThan(0.05);
  const live = await liveProbability(model.judgmentLogits(images)).read();
  expect([...live].map((p) => p < 0.5)).toEqual(labels.map((label) => label === 1));
}, 180_000);
