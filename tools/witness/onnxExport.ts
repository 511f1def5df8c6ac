/**
 * @file Scores the exported ONNX files of small models with onnxruntime-node, once, and writes what it said to
 * packages/models/src/onnx/fixtures/onnxruntime.json. The test beside it holds our scores against these, and the bytes of
 * the export against those that were scored.
 *
 *     npx tsx --conditions=@candor/source tools/witness/onnxExport.ts FOLDER_WITH_ONNXRUNTIME
 *
 * The folder is one in which `npm install onnxruntime-node` has run, such as `.candor/peers` of `nx run bench:peers`.
 */

import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { Device } from "@candor/tensor-core";
import { exportCase, exportConfigs } from "../../packages/models/src/testing/exportCases.ts";
import { exportJudge } from "../../packages/models/src/onnx/exportJudge.ts";

/** The part of the library that is used here. */
interface OnnxRuntime {
  readonly Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => object;
  readonly InferenceSession: {
    create(bytes: Uint8Array): Promise<{
      run(feeds: Record<string, object>): Promise<Record<string, { readonly data: Float32Array }>>;
    }>;
  };
}

const folder = process.argv[2];
if (!folder) throw new Error("say in which folder onnxruntime-node is installed");
const load = createRequire(resolve(folder, "package.json"));
const ort = load("onnxruntime-node") as OnnxRuntime;
const { version } = load("onnxruntime-node/package.json") as { version: string };
const device = await Device.open();
const cases = [];
for (const name of Object.keys(exportConfigs)) {
  const { model, images, shape } = exportCase(device, name);
  const bytes = await exportJudge(model, { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] });
  const session = await ort.InferenceSession.create(bytes);
  const { judgmentLogits, pLive } = await session.run({ images: new ort.Tensor("float32", images, shape) });
  cases.push({
    name,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    judgmentLogits: Array.from(judgmentLogits?.data ?? []),
    pLive: Array.from(pLive?.data ?? []),
  });
}
const file = new URL("../../packages/models/src/onnx/fixtures/onnxruntime.json", import.meta.url);
const provenance = { script: "tools/witness/onnxExport.ts", onnxruntime: version, provider: "CPU" };
writeFileSync(file, `${JSON.stringify({ provenance, cases }, null, 2)}\n`);
process.stdout.write(`${cases.length} cases scored by onnxruntime-node ${version}\n`);
process.exit(0);
