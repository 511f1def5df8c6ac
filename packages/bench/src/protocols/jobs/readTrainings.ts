/** @file What the trainings of jobs cost, from what the jobs left. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { groupBy } from "../../metrics/groupBy.ts";
import { mean } from "../../metrics/mean.ts";
import type { Job } from "./planJobs.ts";

/** Averages over the folds and seeds of a method. */
export interface TrainingCost {
  /** Wall time of a training, start and evaluations included. */
  readonly seconds: number;
  /** Of the trainer's steps. */
  readonly samplesPerSecond: number;
  /** Images scored a second. */
  readonly scoredImagesPerSecond: number;
}

const durationsSchema = z.object({
  trainSeconds: z.number(),
  scoredImagesPerSecond: z.number(),
  training: z.object({ samplesPerSecond: z.number() }),
});

/** Where a job leaves its durations. */
export function durationsFile(out: string, { fold, variant, seed }: Job): string {
  return join(out, "jobs", fold.id, `${variant.name}-seed${seed}.json`);
}

/**
 * Reads the durations of jobs, by variant; a job that left none, or did not train, is passed over.
 *
 * @throws Error if a file is no JSON
 */
export async function readTrainings(out: string, jobs: readonly Job[]): Promise<Map<string, TrainingCost>> {
  const costs = new Map<string, TrainingCost>();
  for (const [name, group] of groupBy(jobs, (job) => job.variant.name)) {
    const files = group.map((job) => durationsFile(out, job)).filter((file) => existsSync(file));
    const parsed = await Promise.all(
      files.map(async (file) => durationsSchema.safeParse(JSON.parse(await readFile(file, "utf8")))),
    );
    const all = parsed.flatMap(({ data }) => data ?? []);
    if (all.length === 0) continue;
    costs.set(name, {
      seconds: mean(all.map(({ trainSeconds }) => trainSeconds)),
      samplesPerSecond: mean(all.map(({ training }) => training.samplesPerSecond)),
      scoredImagesPerSecond: mean(all.map(({ scoredImagesPerSecond }) => scoredImagesPerSecond)),
    });
  }
  return costs;
}
