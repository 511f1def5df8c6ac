/** @file Which variants a command line asks for. */

import { readFileSync } from "node:fs";
import { type Decoding, decodings } from "@candor/models";
import { recipes } from "@candor/train";
import { z } from "zod";
import type { RecipeName, Variant } from "../protocols/jobs/planJobs.ts";

const variantsSchema = z.record(
  z.string(),
  z.strictObject({
    method: z.string(),
    recipe: z.enum(Object.keys(recipes) as RecipeName[]).optional(),
    config: z.record(z.string(), z.unknown()).default({}),
    decodings: z.array(z.enum(Object.keys(decodings) as Decoding[])).default([]),
  }),
);

/**
 * Methods as they are, then the variants of a file; the common configuration under each.
 *
 * @param variants JSON file of variants by name
 * @param config   JSON file with fields that replace the recipe's in every job
 * @param recipe   of every job that a variant says nothing else of; default the starter
 * @throws Error that names the file and what is wrong in it
 */
export function readVariants(
  methods: readonly string[],
  variants: string | undefined,
  config: string | undefined,
  recipe?: RecipeName,
): Variant[] {
  const common = config === undefined ? {} : readCommonConfig(config);
  const named = variants === undefined ? {} : parseVariants(variants);
  return [
    ...methods.map((method) => ({ name: method, method, recipe, config: common })),
    ...Object.entries(named).map(([name, variant]) => ({
      name,
      method: variant.method,
      recipe: variant.recipe ?? recipe,
      config: { ...common, ...variant.config },
      decodings: variant.decodings,
    })),
  ];
}

/**
 * Fields that replace the recipe's in every job.
 *
 * @throws Error if the file cannot be read, is no object, or sets what a job is asked for
 */
export function readCommonConfig(file: string): Record<string, unknown> {
  const config = z.record(z.string(), z.unknown()).parse(readJson(file));
  refuseJobFields(config, file);
  return config;
}

/** What a job is asked for, which its configuration would only seem to change, by where it is said. */
const jobFields = {
  recipe: "--recipe",
  method: "--methods or --variants",
  seed: "--seeds",
  manifest: "--manifest",
  datasets: "--protocol",
  shards: "--shards",
} as const;

function refuseJobFields(config: Readonly<Record<string, unknown>>, where: string): void {
  for (const [field, flag] of Object.entries(jobFields)) {
    if (!(field in config)) continue;
    throw new Error(
      `${where} sets "${field}" to ${JSON.stringify(config[field])}, which no configuration of a job may; say it by ${flag}`,
    );
  }
}

function parseVariants(file: string): z.infer<typeof variantsSchema> {
  const result = variantsSchema.safeParse(readJson(file));
  if (result.success) {
    for (const [name, { config }] of Object.entries(result.data)) {
      refuseJobFields(config, `${file}: the config of "${name}"`);
    }
    return result.data;
  }
  throw new Error(
    `${file} must be {"name": {"method": "ifas", "recipe": "starter", "config": {...}}, ...}: ${z.prettifyError(result.error)}`,
  );
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`cannot read ${file}: ${(error as Error).message}`, { cause: error });
  }
}
