/** @file `nx run train:fit`: trains a method by a recipe. */

import { existsSync } from "node:fs";
import { starterManifest } from "@candor/data";
import { showModel } from "@candor/models";
import { Device } from "@candor/tensor-core";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { fit } from "../loop/fit.ts";
import { showProgress } from "../loop/progress.ts";
import { describeRun, withPublishedSizes } from "../method/describeRun.ts";
import { recipes } from "../recipes/recipes.ts";
import { methods } from "../recipes/runConfig.ts";
import { configFromFlags } from "./configFromFlags.ts";
import { runCommand } from "./runCommand.ts";

const interrupted = 130;

await runCommand(async (signal) => {
  const flags = await yargs(hideBin(process.argv))
    .scriptName("nx run train:fit")
    .usage("$0 [flags]\n\nTrains a method by a recipe; the run's folder can be resumed bit for bit.")
    .option("recipe", {
      choices: Object.keys(recipes),
      describe: "Complete configuration [starter]",
    })
    .option("method", { choices: methods, describe: "What is trained [ifas]" })
    .option("manifest", { type: "string", describe: "Arrow manifest of the data [the newest starter data]" })
    .option("datasets", {
      type: "string",
      describe: "Data sets to train on, with commas between [the recipe's]",
    })
    .option("shards", {
      type: "string",
      describe: "Crops that data:crop made of the manifest [the image files]",
    })
    .option("vision-weights", { type: "string", describe: "Folder of CLIP as published [the recipe's]" })
    .option("lm-weights", {
      type: "string",
      describe: "Folder of a language model as published [the recipe's]",
    })
    .option("out", { type: "string", describe: "Folder of the run [runs/RECIPE-METHOD-SEED]" })
    .option("seed", { type: "number", describe: "Seed of weights, batches and augmentation" })
    .option("steps", { type: "number", describe: "Training steps" })
    .option("batch-size", { type: "number", describe: "Samples in a step" })
    .option("learning-rate", { type: "number", describe: "Peak of the schedule" })
    .option("alpha", { type: "number", describe: "Weight of the judgment in the L-LM loss, 0 to 1" })
    .option("checkpoint-every", { type: "number", describe: "Steps between checkpoints" })
    .option("config", { type: "string", describe: "JSON file with fields that replace the recipe's" })
    .option("memory-budget", {
      type: "number",
      describe: "Most GiB that the device may take [no limit]",
    })
    .option("resume", {
      type: "boolean",
      default: false,
      describe:
        "Go on from the folder's newest checkpoint by its config.json; only places of data and weights, --checkpoint-every and " +
        "what else no trained number depends on may be given anew, and no more --steps, on which the schedule depends",
    })
    .option("overwrite", {
      type: "boolean",
      default: false,
      describe: "Begin anew in a folder that holds a run: its checkpoints, metrics and threshold are removed",
    })
    .option("dry-run", {
      type: "boolean",
      default: false,
      describe: "Say which parameters there are, which are trained and what memory a step takes, and end",
    })
    .option("json", { type: "boolean", default: false, describe: "Print the result as JSON" })
    .example("$0", "The starter on rendered faces")
    .example("$0 --method=vit-binary --seed=1", "The baseline, another seed")
    .example(
      "$0 --manifest=all.arrow --shards=crops --datasets=msu,casia,oulu",
      "On face crops of three data sets",
    )
    .example(
      "$0 --recipe=clip-l14-qwen2.5-1.5b --dry-run",
      "What a large run would take, before any weights are there",
    )
    .example("$0 --out=runs/mine --resume", "Go on after a stop, by the run's own configuration")
    .strict()
    .parserConfiguration({ "duplicate-arguments-array": false })
    .parseAsync();
  for (const name of [
    "seed",
    "steps",
    "batch-size",
    "learning-rate",
    "alpha",
    "checkpoint-every",
    "memory-budget",
  ] as const) {
    if (Number.isNaN(flags[name])) throw new Error(`--${name} must be a number`);
  }
  const { config, folder } = await configFromFlags(flags, async () =>
    flags.dryRun ? "" : await starterManifest(),
  );
  if (flags.dryRun) {
    const described = describeRun(await Device.open(), await withPublishedSizes(config));
    process.stdout.write(flags.json ? `${JSON.stringify(described)}\n` : `${showModel(described)}\n`);
    return 0;
  }
  if (!existsSync(config.manifest)) {
    throw new Error(
      `no manifest at ${config.manifest}; name its place with --manifest, or make the starter data with "npx nx run data:render"`,
    );
  }
  const budget = flags.memoryBudget;
  const device = await Device.open(budget === undefined ? {} : { memoryBudgetBytes: budget * 2 ** 30 });
  process.stderr.write(
    `${config.method} on ${device.info.description}, LP_NUM_THREADS ${device.info.threads}\n`,
  );
  const label = config.method;
  const result = await fit(device, config, {
    folder,
    resume: flags.resume,
    overwrite: flags.overwrite,
    signal,
    describe: (described) => void process.stderr.write(`${showModel(described)}\n`),
    warn: (text) => void process.stderr.write(`${text}\n`),
    progress: (total, start) => showProgress(label, total, start),
  });
  const report = {
    ...result,
    folder,
    adapter: device.info.description,
    threads: device.info.threads,
    seed: config.seed,
  };
  if (flags.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else {
    const dev = result.dev
      ? `, dev loss ${result.dev.loss.toFixed(4)}, dev accuracy ${result.dev.accuracy.toFixed(3)}`
      : "";
    process.stdout.write(
      `${result.steps} steps, loss ${result.finalLoss.toFixed(4)}${dev}, ${result.samplesPerSecond.toFixed(1)} samples/s, ` +
        `${result.parameters} parameters\n${folder}\n`,
    );
  }
  if (!result.stopped) return 0;
  process.stderr.write(`stopped at step ${result.steps}; go on with --out=${folder} --resume\n`);
  return interrupted;
});
