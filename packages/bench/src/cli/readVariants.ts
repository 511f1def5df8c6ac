/** @file Which variants a command line asks for. */

import { readFileSync } from "node:fs";
import { type Decoding, decodings } from "@candor/models";
import { z } from "zod";
import type { Variant } from "../protocols/jobs/planJobs.ts";

const variantsSchema = z.record(
  z.string(),
  z.strictObject({
    method: z.string(),
    config: z.record(z.string(), z.unknown()).default({}),
    decodings: z.array(z.enum(Object.keys(decodings) as Decoding[])).default([]),
  }),
);

/**
 * Methods as they are, then the variants of a file; the common configuration under each.
 *
 * @param variants JSON file of variants by name
 * @param config   JSON file with fields that replace the recipe's in every job
 * @throws Error that names the file and what is wrong in it
 */
export function readVariants(
  methods: readonly string[],
  variants: string | undefined,
  config: string | undefined,
): Variant[] {
  const common = config === undefined ? {} : readCommonConfig(config);
  const named = variants === undefined ? {} : parseVariants(variants);
  return [
    ...methods.map((method) => ({ name: method, method, config: common })),
    ...Object.entries(named).map(([name, variant]) => ({
      name,
      method: variant.method,
      config: { ...common, ...variant.config },
      decodings: variant.decodings,
    })),
  ];
}

/**
 * Fields that replace the recipe's in every job.
 *
 * @throws Error if the file cannot be read or is no object
 */
export function readCommonConfig(file: string): Record<string, unknown> {
  return z.record(z.string(), z.unknown()).parse(readJson(file));
}

function parseVariants(file: string): z.infer<typeof variantsSchema> {
  const result = variantsSchema.safeParse(readJson(file));
  if (result.success) return result.data;
  throw new Error(
    `${file} must be {"name": {"method": "ifas", "config": {...}}, ...}: ${z.prettifyError(result.error)}`,
  );
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`cannot read ${file}: ${(error as Error).message}`, { cause: error });
  }
}
