/** @file What `train:fit` trains by its flags, and where. */

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { readRunConfig } from "../checkpoint/runFolder.ts";
import { recipes } from "../recipes/recipes.ts";
import { parseRunConfig, type RunConfig } from "../recipes/runConfig.ts";
import { readJson } from "./readJson.ts";

/** The flags that say what is trained; absent ones are left to the recipe, or to the run that goes on. */
export interface FitFlags {
  readonly recipe?: string | undefined;
  readonly method?: RunConfig["method"] | undefined;
  readonly manifest?: string | undefined;
  readonly datasets?: string | undefined;
  readonly shards?: string | undefined;
  readonly visionWeights?: string | undefined;
  readonly lmWeights?: string | undefined;
  readonly out?: string | undefined;
  readonly seed?: number | undefined;
  readonly steps?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly learningRate?: number | undefined;
  readonly alpha?: number | undefined;
  readonly checkpointEvery?: number | undefined;
  readonly config?: string | undefined;
  readonly resume: boolean;
}

/**
 * The recipe, then the JSON file, then the flags; of a run that goes on, its own configuration in the recipe's place.
 *
 * @param newestManifest the starter's, asked for only where nothing names one
 * @returns the configuration and the folder of the run
 * @throws Error if the file is no JSON or names another recipe than the flags, or the configuration is not valid
 */
export async function configFromFlags(
  flags: FitFlags,
  newestManifest: () => Promise<string>,
): Promise<{ readonly config: RunConfig; readonly folder: string }> {
  const file = flags.config === undefined ? {} : (readJson(flags.config) as Partial<RunConfig>);
  const datasets = datasetsOf(flags) ?? file.datasets;
  const begun = (manifest: string): RunConfig => {
    const { recipe: name = "starter", config } = flags;
    if (file.recipe !== undefined && file.recipe !== name && Object.hasOwn(recipes, file.recipe)) {
      throw new Error(
        `${config} names the recipe "${file.recipe}", and the run would follow "${name}": say it by --recipe=${file.recipe}, or leave it out`,
      );
    }
    const recipe = recipes[name as keyof typeof recipes];
    return override(recipe(flags.method ?? file.method ?? "ifas", manifest, datasets), file, flags);
  };
  if (flags.resume) {
    const folder = flags.out === undefined ? folderOf(begun("")) : resolve(flags.out);
    if (existsSync(join(folder, "config.json"))) {
      return { config: override(readRunConfig(folder), file, flags), folder };
    }
  }
  const config = begun(flags.manifest ?? file.manifest ?? (await newestManifest()));
  return { config, folder: flags.out === undefined ? folderOf(config) : resolve(flags.out) };
}

function folderOf({ recipe, method, seed }: RunConfig): string {
  return resolve(`runs/${recipe}-${method}-${seed}`);
}

function override(config: RunConfig, file: object, flags: FitFlags): RunConfig {
  // The name alone: a file may give its changes one of their own.
  const named = flags.recipe === undefined ? {} : { recipe: flags.recipe };
  const merged: Record<string, unknown> = { ...config, ...named, ...file };
  for (const name of [
    "method",
    "manifest",
    "shards",
    "seed",
    "steps",
    "batchSize",
    "alpha",
    "checkpointEvery",
  ] as const) {
    if (flags[name] !== undefined) merged[name] = flags[name];
  }
  if (flags.learningRate !== undefined) {
    merged["optimizer"] = { ...(merged["optimizer"] as object), learningRate: flags.learningRate };
  }
  const datasets = datasetsOf(flags);
  if (datasets !== undefined) merged["datasets"] = datasets;
  const { visionWeights: vision, lmWeights: lm } = flags;
  merged["pretrained"] = {
    ...(merged["pretrained"] as object),
    ...(vision === undefined ? {} : { vision }),
    ...(lm === undefined ? {} : { lm }),
  };
  return parseRunConfig(merged);
}

function datasetsOf({ datasets }: FitFlags): string[] | undefined {
  return datasets?.split(",").filter(Boolean);
}
