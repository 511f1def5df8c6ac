/** @file `nx run data:epoch`: how fast crops can be given to a model. */
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { splits } from "../manifest/manifest.ts";
import { defaultAugmentation, flipViews, simclrAugmentation } from "../sampling/augmentBatch.ts";
import { readEpoch } from "../shards/readEpoch.ts";
import { endCommand } from "./endCommand.ts";

const augmentations = {
  starter: { ...defaultAugmentation, minScale: 1 },
  crop: defaultAugmentation,
  simclr: simclrAugmentation,
  flip: flipViews,
  jpeg: { ...defaultAugmentation, jpeg: 0.5 },
};

await endCommand(async () => {
  const flags = await yargs(hideBin(process.argv))
    .scriptName("nx run data:epoch --")
    .usage(
      "$0 --shards FOLDER\n\nReads one epoch of crops in training's batches, without a model, and says how fast.",
    )
    .option("shards", {
      type: "string",
      demandOption: true,
      requiresArg: true,
      describe: "Where data:crop has written",
    })
    .option("split", { choices: splits, default: "train" as const, describe: "Which crops" })
    .option("batch-size", { type: "number", default: 32, describe: "Samples a batch" })
    .option("augmentation", {
      choices: Object.keys(augmentations) as (keyof typeof augmentations)[],
      default: "starter" as const,
      describe: "How samples are changed",
    })
    .option("memory", { type: "number", default: 4, describe: "GiB of pixels that may stay in memory" })
    .option("seed", { type: "number", default: 0, describe: "Seed of order and augmentation" })
    .option("json", { type: "boolean", default: false, describe: "Print JSON" })
    .example("$0 --shards runs/crops", "samples a second, to hold against train:fit's")
    .strict()
    .parseAsync();
  for (const name of ["batch-size", "memory", "seed"] as const) {
    if (!(Number(flags[name]) >= 0)) throw new Error(`--${name} must be a number from 0 on`);
  }
  const cost = await readEpoch({
    shards: flags.shards,
    split: flags.split,
    batchSize: flags.batchSize,
    seed: flags.seed,
    memory: flags.memory * 2 ** 30,
    augmentation: augmentations[flags.augmentation],
  });
  const peak = process.resourceUsage().maxRSS / 2 ** 20;
  if (flags.json) process.stdout.write(`${JSON.stringify({ ...cost, peakGib: peak })}\n`);
  else {
    process.stdout.write(
      `${cost.samples} samples of ${cost.size} pixels in ${cost.readSeconds.toFixed(2)} s: ` +
        `${cost.samplesPerSecond.toFixed(0)} samples/s (opened in ${cost.openSeconds.toFixed(2)} s, ` +
        `peak ${peak.toFixed(2)} GiB)\n`,
    );
  }
  return 0;
});
