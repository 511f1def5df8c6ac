/** @file The flags of every command that trains and scores the jobs of a protocol. */

import { starterManifest } from "@candor/data";
import { recipes } from "@candor/train";
import type { ArgumentsCamelCase, InferredOptionTypes, Options } from "yargs";
import type { RecipeName } from "../protocols/jobs/planJobs.ts";
import { protocols } from "../protocols/protocols.ts";
import type { ProtocolFlags } from "./protocolJobs.ts";
import { wholeNumber } from "./wholeNumber.ts";

const recipeNames = Object.keys(recipes) as RecipeName[];

/** For `yargs().options()`. */
export const protocolOptions = {
  protocol: {
    choices: protocols.map((protocol) => protocol.name),
    default: "one-to-eleven",
    describe:
      "Which data sets are trained on and tested; rendered domains stand in where the manifest has them",
  },
  recipe: { choices: recipeNames, describe: "Recipe of train:fit that every job follows [starter]" },
  config: {
    type: "string",
    requiresArg: true,
    describe: "JSON file with fields that replace the recipe's in every job",
  },
  seeds: { type: "string", default: "0,1,2", describe: "Seeds to train, with commas between" },
  jobs: { type: "number", default: 1, describe: "Jobs at a time" },
  job: { type: "number", describe: "Run this job of the list alone, as a Slurm array does" },
  "dry-run": { type: "boolean", default: false, describe: "List the jobs and stop" },
  "extra-sources": {
    type: "string",
    default: "",
    describe: "Data sets to train on in every fold too, such as CelebA-Spoof as FLIP does",
  },
  "hold-out": {
    type: "number",
    default: 0.1,
    describe: "Share of the subjects of a source without a dev split that is held out for the threshold",
  },
  shards: {
    type: "string",
    requiresArg: true,
    describe: "Crops that data:crop made of the manifest [the image files]",
  },
  manifest: { type: "string", requiresArg: true, describe: "Arrow manifest [the newest starter data]" },
  explain: { type: "number", default: 16, describe: "Frames a domain that get a sentence" },
  resamples: {
    type: "number",
    default: 1000,
    describe: "Bootstrap resamples of the intervals; 0 for none",
  },
  batch: { type: "number", default: 32, describe: "Images a call" },
  seed: { type: "number", default: 0, describe: "Seed of intervals, sentences and samples" },
} as const satisfies Readonly<Record<string, Options>>;

/** What yargs makes of {@link protocolOptions}. */
export type ProtocolArguments = ArgumentsCamelCase<InferredOptionTypes<typeof protocolOptions>>;

/** Words with commas between. */
export const words = (text: string): string[] => text.split(",").filter(Boolean);

/**
 * Checks the flags and fills in the newest starter data.
 *
 * @throws Error that names the flag, its value and what it may be
 */
export async function protocolFlags(flags: ProtocolArguments, out: string): Promise<ProtocolFlags> {
  if (!(flags.holdOut >= 0 && flags.holdOut < 1))
    throw new Error(`--hold-out must lie in [0, 1), got ${flags.holdOut}`);
  return {
    protocol: protocols.find(({ name }) => name === flags.protocol)!,
    manifest: flags.manifest ?? (await starterManifest()),
    shards: flags.shards,
    seeds: words(flags.seeds).map((seed) => wholeNumber("seeds", Number(seed), 0)),
    extraSources: words(flags.extraSources),
    holdOut: flags.holdOut,
    out,
    jobs: wholeNumber("jobs", flags.jobs, 1),
    job: flags.job === undefined ? undefined : wholeNumber("job", flags.job, 0),
    dryRun: flags.dryRun,
    explain: wholeNumber("explain", flags.explain, 0),
    batch: wholeNumber("batch", flags.batch, 1),
    resamples: wholeNumber("resamples", flags.resamples, 0),
    seed: wholeNumber("seed", flags.seed, 0),
  };
}
