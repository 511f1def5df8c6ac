/** @file How long a job trained and scored, over all the starts that it took. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeAtomically } from "../../scores/writeAtomically.ts";
import type { Job } from "./planJobs.ts";

/**
 * What a job's file of durations says; a stop by SIGKILL or a crash of the job loses what that start had trained for.
 */
export interface JobDurations {
  /** Wall time of the starts that trained, evaluations included. */
  readonly trainSeconds?: number | undefined;
  /** Wall time of scoring, sentences included. */
  readonly scoreSeconds?: number | undefined;
  readonly scoredImagesPerSecond?: number | undefined;
  /** What the trainer said at the end; its rate is that of the last start. Absent while the training is not whole. */
  readonly training?: unknown;
}

const durationsSchema = z.object({
  trainSeconds: z.number().optional(),
  scoreSeconds: z.number().optional(),
  scoredImagesPerSecond: z.number().optional(),
  training: z.unknown().optional(),
});

const trainedSchema = z.object({ samplesPerSecond: z.number().positive() });

/** Where a job leaves its durations. */
export function durationsFile(out: string, { fold, variant, seed }: Job): string {
  return join(out, "jobs", fold.id, `${variant.name}-seed${seed}.json`);
}

/**
 * What earlier starts of the job left; empty if there were none.
 *
 * @throws Error if the file is no JSON
 */
export async function readDurations(out: string, job: Job): Promise<JobDurations> {
  const file = durationsFile(out, job);
  if (!existsSync(file)) return {};
  return durationsSchema.safeParse(JSON.parse(await readFile(file, "utf8"))).data ?? {};
}

/** Leaves the durations beside the other jobs'. */
export function writeDurations(out: string, job: Job, durations: JobDurations): Promise<void> {
  const content = JSON.stringify({ job: job.name, ...durations }, null, 1);
  return writeAtomically(durationsFile(out, job), `${content}\n`);
}

/** False for the report of a trainer that found all steps done. */
export function hasTrained(training: unknown): boolean {
  return trainedSchema.safeParse(training).success;
}

/** The seconds of a training that was stopped, or of one that ended, with those of the starts before it. */
export function withTraining(earlier: JobDurations, seconds: number, training?: unknown): JobDurations {
  // A training that had ended and is done once more is another one.
  const before = earlier.training === undefined ? (earlier.trainSeconds ?? 0) : 0;
  return { trainSeconds: before + seconds, training };
}

/** Adds the scoring of `images` images to what was scored before. */
export function withScoring(durations: JobDurations, seconds: number, images: number): JobDurations {
  const { trainSeconds, scoreSeconds = 0, scoredImagesPerSecond = 0, training } = durations;
  const all = scoreSeconds + seconds;
  const rate = (scoreSeconds * scoredImagesPerSecond + images) / all;
  return { trainSeconds, scoreSeconds: all, scoredImagesPerSecond: rate, training };
}
