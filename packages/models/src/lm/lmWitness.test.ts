/** @file Language models from published layouts against PyTorch: states, gradients, a step, LoRA. */

import { testDevice } from "@candor/tensor-core/testing";
import { expect, test } from "vitest";
import { lmWitnessRows } from "./lmWitness.ts";

test("every quantity is the witness' within its tolerance", async () => {
  const rows = await lmWitnessRows(await testDevice());
  expect(rows.filter(({ error, tolerance }) => !(error <= tolerance))).toEqual([]);
  expect(rows.length).toBeGreaterThanOrEqual(17);
  // A witness that was compared with itself would show no error at all.
  expect(rows.filter(({ error }) => error > 0).length).toBeGreaterThan(10);
});
