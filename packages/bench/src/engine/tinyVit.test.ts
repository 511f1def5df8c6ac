/** @file The engine's training step against the losses that other engines print. */

import { Device } from "@candor/tensor-core";
import { expect, it } from "vitest";
import { tinyVitBatch, tinyVitParameters, tinyVitStep } from "./tinyVit.ts";
import { referenceLosses } from "./tinyVitInputs.ts";

it("gives the reference losses to four decimals, with one submit a step and no new buffer once the first steps are done", async () => {
  const device = await Device.open();
  const parameters = tinyVitParameters(device);
  const batch = tinyVitBatch(device);
  let parameterCount = 0;
  for (const parameter of parameters.values()) parameterCount += parameter.size;
  expect(parameterCount).toBe(411_146);
  let warm = device.stats;
  for (const [step, want] of referenceLosses.entries()) {
    using _scope = device.scope();
    const loss = await tinyVitStep(parameters, batch).item();
    expect(Math.abs(loss - want), `step ${step}: ${loss}`).toBeLessThanOrEqual(0.5e-4 + 1e-6);
    if (step === 3) warm = device.stats;
  }
  const { created, bindGroups, pipelines, submits } = device.stats;
  expect({ created, bindGroups, pipelines, submits }).toEqual({
    created: warm.created,
    bindGroups: warm.bindGroups,
    pipelines: warm.pipelines,
    submits: warm.submits + 8,
  });
});
