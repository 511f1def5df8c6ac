/** @file What the trainings of jobs cost, from what the jobs left. */

import { z } from "zod";
import { groupBy } from "../../metrics/groupBy.ts";
import { mean } from "../../metrics/mean.ts";
import { readDurations } from "./jobDurations.ts";
import type { Job } from "./planJobs.ts";

/** Averages over the folds and seeds of a method. */
export interface TrainingCost {
  /** Wall time of a training, start and evaluations included, with what it took before it was stopped and resumed. */
  readonly seconds: number;
  /** Of the trainer's steps since its last start. */
  readonly samplesPerSecond: number;
  /** Images scored a second. */
  readonly scoredImagesPerSecond: number;
}

const durationsSchema = z.object({
  trainSeconds: z.number(),
  scoredImagesPerSecond: z.number(),
  training: z.object({ samplesPerSecond: z.number().positive() }),
});

/**
 * Reads the durations of jobs, by variant; a job that left none, or none of its training, is passed over.
 *
 * @throws Error if a file is no JSON
 */
export async function readTrainings(out: string, jobs: readonly Job[]): Promise<Map<string, TrainingCost>> {
  const costs = new Map<string, TrainingCost>();
  for (const [name, group] of groupBy(jobs, (job) => job.variant.name)) {
    const read = await Promise.all(group.map((job) => readDurations(out, job)));
    const parsed = read.map((durations) => durationsSchema.safeParse(durations));
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
