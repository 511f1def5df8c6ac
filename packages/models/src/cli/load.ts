/** @file `nx run models:load`: what a published model costs to load and to run once. */

import { access } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Device, noGrad, withoutMemory } from "@candor/tensor-core";
import { estimateMemory, showModel } from "../adaptation/estimateMemory.ts";
import { saveModel } from "../weights/saveModel.ts";
import { type Candidate, candidateOf, randomValues } from "./loadCandidates.ts";

const help = `nx run models:load -- --model NAME [--folder FOLDER] [--dtype f16|f32]

Loads a model and runs it once: an image and a text of 77 tokens, or a text of 64 tokens. Says what was predicted and
what was measured. A folder without config.json is filled with random weights of that size first, stored as F16.

  --model NAME     clip-vit-b32, clip-vit-b16, clip-vit-l14, clip-vit-l14-336, smollm-135m, qwen2.5-1.5b
  --folder FOLDER  default .candor/random-models/NAME
  --dtype DTYPE    of matrices on the device, default f32
  --help           this text

  nx run models:load -- --model clip-vit-l14
  nx run models:load -- --model qwen2.5-1.5b --dtype f16`;

const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      model: { type: "string" },
      folder: { type: "string" },
      dtype: { type: "string", default: "f32" },
      help: { type: "boolean" },
    },
  });
  const { model: name = "", dtype } = values;
  const candidate = candidateOf(name);
  if (values.help || !candidate || (dtype !== "f16" && dtype !== "f32")) {
    console.log(help);
    return values.help ? 0 : 1;
  }
  const folder = values.folder ?? join(".candor", "random-models", name);
  const device = await Device.open();
  const hasFiles = await access(join(folder, "config.json")).then(
    () => true,
    () => false,
  );
  if (hasFiles) await measure(device, candidate, folder, dtype);
  else await write(device, candidate, folder);
  return 0;
}

async function write(device: Device, { build, layout, published }: Candidate, folder: string): Promise<void> {
  const described = withoutMemory(() => build(device));
  await saveModel(folder, described, layout, published, { maxShardBytes: 2 ** 28, valuesOf: randomValues });
  console.log(`wrote random weights to ${folder}; run this again to measure, in a process of its own`);
}

async function measure(
  device: Device,
  candidate: Candidate,
  folder: string,
  dtype: "f16" | "f32",
): Promise<void> {
  const predicted = estimateMemory({
    build: () => candidate.build(device),
    step: (model) => candidate.run(device, model),
    trains: false,
  });
  console.log(showModel(predicted));
  const { info } = device;
  console.log(`adapter: ${info.description}, ${info.threads} threads`);
  let begun = performance.now();
  const lap = () => {
    const taken = performance.now() - begun;
    begun += taken;
    return taken;
  };
  const model = await candidate.open(device, folder, dtype);
  await device.synchronize();
  console.log(`loaded as ${dtype} in ${seconds(lap())}: ${mebibytes(device.stats.usedBytes)} on the device`);
  for (const run of ["first run, with its kernels' compilation", "second run"]) {
    using _scope = device.scope();
    await noGrad(() => candidate.run(device, model)).read();
    const taken = lap();
    console.log(`${run}: ${seconds(taken)}, ${(candidate.flop / 1e6 / taken).toFixed(1)} GFLOP/s`);
  }
  console.log(
    `products: ${(candidate.flop / 1e9).toFixed(1)} GFLOP a run, by formula\n` +
      `peak on the device: ${mebibytes(device.stats.peakBytes)}, ` +
      `predicted as f32 ${mebibytes(predicted.totalBytes)}\n` +
      `peak of the process: ${mebibytes(process.resourceUsage().maxRSS * 1024)}` +
      (info.software ? ", with the device's memory" : ""),
  );
}

const status = await main().catch((error: Error) => {
  console.error(`candor: ${error.message}`);
  return 1;
});
process.exit(status);
