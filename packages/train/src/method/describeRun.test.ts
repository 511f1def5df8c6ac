/** @file A run is described from its sizes alone. */

import { modelParameterCount } from "@candor/models";
import { Device } from "@candor/tensor-core";
import { expect, it } from "vitest";
import { recipes } from "../recipes/recipes.ts";
import { methods } from "../recipes/runConfig.ts";
import { describeRun } from "./describeRun.ts";

it("counts what the formulas count, for every method, and allocates nothing", async () => {
  const device = await Device.open();
  const before = device.stats;
  for (const method of methods) {
    const config = recipes.starter(method, "manifest.arrow");
    const described = describeRun(device, config);
    expect(described.trainable).toBe(described.parameters);
    expect(described.gradientBytes).toBe(4 * described.parameters);
    expect(described.totalBytes).toBeGreaterThan(16 * described.parameters);
  }
  expect(device.stats).toEqual(before);
});

it("a run of 1.5 billion parameters trains LoRA and the connector alone", async () => {
  const device = await Device.open();
  const config = recipes["clip-l14-qwen2.5-1.5b"]("ifas", "manifest.arrow");
  const described = describeRun(device, { ...config, batchSize: 2 });
  const lora = 28 * 16 * (1536 + 1536 + 1536 + 256);
  const { vit, connector, lm } = config;
  const prompt = { question: [0, 0], yesId: 0, noId: 1, eosId: 0 };
  const whole = modelParameterCount({ method: "ifas", vit, connector, lm, prompt });
  expect(described.parameters).toBe(whole + lora);
  const of = (name: string) => described.parts.find((part) => part.name === name);
  expect(of("vit")?.trainable).toBe(0);
  expect(of("lm")?.trainable).toBe(lora);
  expect(of("connector")?.trainable).toBe(of("connector")?.parameters);
  expect(described.parameterBytes).toBeGreaterThan(7e9);
});
