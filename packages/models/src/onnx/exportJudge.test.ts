/** @file The exported graphs, as onnxruntime-node scored them, against the models that they were made of. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { tensor } from "@candor/tensor-core";
import { assertClose, largest, testDevice, tolerance } from "@candor/tensor-core/testing";
import { expect, test } from "vitest";
import { liveProbability } from "../antispoof/judge.ts";
import { exportCase, exportConfigs } from "../testing/exportCases.ts";
import { exportJudge } from "./exportJudge.ts";

// Made by tools/witness/onnxExport.ts; run it again when the graph changes on purpose.
const { cases } = JSON.parse(readFileSync(new URL("fixtures/onnxruntime.json", import.meta.url), "utf8")) as {
  cases: { name: string; sha256: string; judgmentLogits: number[]; pLive: number[] }[];
};

test("every structure has been scored", () => {
  expect(cases.map(({ name }) => name)).toEqual(Object.keys(exportConfigs));
});

test.each(cases)(
  "$name: the file is the one that onnxruntime scored, and scores as the model does",
  async (want) => {
    const device = await testDevice();
    using _scope = device.scope();
    const { model, images, shape } = exportCase(device, want.name);
    const bytes = await exportJudge(model, { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] });
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(want.sha256);
    const logits = model.judgmentLogits(tensor(device, images, shape));
    const bound = tolerance("composite", 32, largest(want.judgmentLogits));
    assertClose("judgmentLogits", await logits.read(), want.judgmentLogits, bound);
    assertClose("pLive", await liveProbability(logits).read(), want.pLive, tolerance("composite", 32, 1));
  },
);

test("the file says how its images are prepared, and at which threshold a face is live", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const { model } = exportCase(device, "ViT with a binary head");
  const bytes = await exportJudge(model, { mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6], threshold: 0.37 });
  const text = Buffer.from(bytes.subarray(-400)).toString("latin1");
  for (const part of ["0.1,0.2,0.3", "0.4,0.5,0.6", "threshold", "0.37", "RGB", "vitBinary"]) {
    expect(text).toContain(part);
  }
});
