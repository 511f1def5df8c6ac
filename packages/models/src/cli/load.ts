/** @file `nx run models:load`: what a published model costs to load and to run once. */

import { execFileSync } from "node:child_process";
import { access, mkdir, writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { Device, noGrad, withoutMemory } from "@candor/tensor-core";
import { estimateMemory, parametersAs, showModel } from "../adaptation/estimateMemory.ts";
import { saveModel } from "../weights/saveModel.ts";
import { type Candidate, candidateOf, randomPeriod, randomSeed, randomValues } from "./loadCandidates.ts";

const help = `nx run models:load -- --model NAME [--folder FOLDER] [--dtype f16|f32] [--out FILE]

Loads a model and runs it once: an image and a text of 77 tokens, or a text of 64 tokens. Says what was predicted and
what was measured. A folder without config.json is filled with random weights of that size first, stored as F16; a block
of ${randomPeriod} values is drawn and repeated.

  --model NAME     clip-vit-b32, clip-vit-b16, clip-vit-l14, clip-vit-l14-336, smollm-135m, qwen2.5-1.5b
  --folder FOLDER  default .candor/random-models/NAME
  --dtype DTYPE    of matrices on the device, default f32
  --out FILE       keeps what was measured, as JSON
  --help           this text

  nx run models:load -- --model clip-vit-l14
  nx run models:load -- --model qwen2.5-1.5b --dtype f16 --out qwen.json`;

const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
const shown = ({ seconds, cpuSeconds }: { seconds: number; cpuSeconds: number }) =>
  `${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of CPU)`;
const processPeak = () => process.resourceUsage().maxRSS * 1024;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      model: { type: "string" },
      folder: { type: "string" },
      dtype: { type: "string", default: "f32" },
      out: { type: "string" },
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
  if (!hasFiles) {
    await write(device, candidate, folder);
    return 0;
  }
  const measured = { model: name, ...machine(device), ...(await measure(device, candidate, folder, dtype)) };
  if (values.out === undefined) return 0;
  await mkdir(dirname(values.out), { recursive: true });
  await writeFile(values.out, `${JSON.stringify(measured, undefined, 1)}\n`);
  return 0;
}

async function write(device: Device, { build, layout, published }: Candidate, folder: string): Promise<void> {
  const lap = stopwatch();
  const described = withoutMemory(() => build(device));
  await saveModel(folder, described, layout, published, { maxShardBytes: 2 ** 28, valuesOf: randomValues });
  console.log(
    `wrote random weights to ${folder} in ${shown(lap())}; run this again to measure, in a process of its own`,
  );
}

/** What stands beside every figure. */
const machine = ({ info }: Device) => ({
  created: new Date().toISOString(),
  commit: execFileSync("git", ["rev-parse", "HEAD"], { encoding: "utf8" }).trim(),
  node: process.version,
  cpu: `${cpus()[0]?.model ?? "unknown"}, ${availableParallelism()} cores`,
  adapter: info.description,
  threads: info.threads,
  seed: randomSeed,
  valuesRepeatAfter: randomPeriod,
});

/** A clock of the time since it was last asked, and of what the process's threads computed, a software device's too. */
function stopwatch(): () => { seconds: number; cpuSeconds: number } {
  let [begun, used] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(used);
    const seconds = (performance.now() - begun) / 1000;
    [begun, used] = [performance.now(), process.cpuUsage()];
    return { seconds, cpuSeconds: (user + system) / 1e6 };
  };
}

async function measure(device: Device, candidate: Candidate, folder: string, dtype: "f16" | "f32") {
  const predicted = estimateMemory({
    build: () => parametersAs(candidate.build(device), candidate.dtypes(dtype)),
    step: (model) => candidate.run(device, model),
    trains: false,
  });
  console.log(showModel(predicted));
  const { info } = device;
  console.log(`adapter: ${info.description}, ${info.threads} threads`);
  const lap = stopwatch();
  const model = await candidate.open(device, folder, dtype);
  await device.synchronize();
  const loaded = { ...lap(), bytes: device.stats.usedBytes, processPeakBytes: processPeak() };
  console.log(
    `loaded as ${dtype} in ${shown(loaded)}: ${mebibytes(loaded.bytes)} on the device, ` +
      `predicted ${mebibytes(predicted.parameterBytes)}`,
  );
  const runs: (ReturnType<typeof lap> & { readonly flop: number; readonly gigaflops: number })[] = [];
  for (const which of ["first run, with its kernels' compilation", "second run"]) {
    using _scope = device.scope();
    const flop = await device.countFlop(() => noGrad(() => candidate.run(device, model)).read());
    const run = lap();
    runs.push({ ...run, flop, gigaflops: flop / 1e9 / run.seconds });
    console.log(`${which}: ${shown(run)}, ${(flop / 1e9 / run.seconds).toFixed(1)} GFLOP/s`);
  }
  const measured = { peakBytes: device.stats.peakBytes, processPeakBytes: processPeak() };
  console.log(
    `products: ${(runs[0]!.flop / 1e9).toFixed(3)} GFLOP a run as dispatched, predicted ${(candidate.flop / 1e9).toFixed(3)}\n` +
      `peak on the device: ${mebibytes(measured.peakBytes)}, predicted ${mebibytes(predicted.totalBytes)}\n` +
      `peak of the process: ${mebibytes(measured.processPeakBytes)}` +
      (info.software ? ", with the device's memory" : ""),
  );
  const { parameters, parameterBytes, activationBytes, totalBytes } = predicted;
  return {
    dtype,
    predicted: { parameters, parameterBytes, activationBytes, peakBytes: totalBytes, flop: candidate.flop },
    measured: { loaded, runs, ...measured },
  };
}

const status = await main().catch((error: Error) => {
  console.error(`candor: ${error.message}`);
  return 1;
});
process.exit(status);
