/** @file One job of a protocol: trains, scores, and leaves its score file as the mark that it is done. */

import { existsSync } from "node:fs";
import { mkdir, readFile, rm, symlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { readManifest, writeManifest, type ManifestRow } from "@candor/data";
import type { Decoding } from "@candor/models";
import { readScores } from "../../scores/readScores.ts";
import { writeAtomically } from "../../scores/writeAtomically.ts";
import { writeScores } from "../../scores/writeScores.ts";
import { chooseExplained } from "../chooseExplained.ts";
import { foldRows } from "../foldRows.ts";
import { ProtocolError } from "../protocolError.ts";
import type { SplitRule } from "../protocols.ts";
import type { OpenedRun } from "../runOneToEleven.ts";
import { scoreRows, type Predictor } from "../scoreRows.ts";
import { hasTrained, readDurations, withScoring, withTraining, writeDurations } from "./jobDurations.ts";
import type { Job, RecipeName } from "./planJobs.ts";

/** What a training is asked for. */
export interface TrainRequest {
  readonly recipe: RecipeName;
  readonly method: string;
  readonly seed: number;
  readonly manifest: string;
  readonly datasets: readonly string[];
  readonly shards: string | undefined;
  /** JSON file with fields that replace the recipe's. */
  readonly config: string;
  readonly folder: string;
}

/** Options of {@link runJob}. */
export interface RunJobOptions {
  readonly protocol: string;
  readonly rule: SplitRule;
  readonly holdOut: number;
  /** The manifest that all folds are cut from. */
  readonly manifest: string;
  /** Crops of the manifest; its image files where there are none. */
  readonly shards?: string | undefined;
  readonly out: string;
  /** Trains, or goes on with, the folder's run; returns what the trainer reports. */
  readonly train: (request: TrainRequest) => Promise<unknown>;
  readonly openRun: (folder: string) => Promise<OpenedRun>;
  /** Frames a domain that get a sentence. */
  readonly explain: number;
  /** Images a call. */
  readonly batch: number;
  readonly onProgress?: (done: number, all: number) => void;
  /** Told of what a reader of the scores must know. */
  readonly note?: (text: string) => void;
}

/**
 * True if the job's scores are there and whole.
 *
 * @throws ProtocolError if the run's folder belongs to another configuration, whose scores would pass for this one's
 */
export async function isDone(job: Job): Promise<boolean> {
  const config = recipeFile(job);
  if (existsSync(config) && (await readFile(config, "utf8")) !== recipeOf(job)) {
    throw new ProtocolError(
      `[isDone] ${job.run} was begun with another configuration (${config}); name another --out, or remove it.`,
    );
  }
  const whole = await Promise.all(job.scores.map(({ file }) => isWhole(file)));
  return whole.every(Boolean);
}

function isWhole(file: string): Promise<boolean> | boolean {
  return (
    existsSync(file) &&
    readScores(file).then(
      () => true,
      () => false,
    )
  );
}

/**
 * Runs the job, unless its scores are there already. A training that was stopped goes on from its newest checkpoint; of
 * one that was whole, only the score files that are missing or broken are made.
 *
 * Leaves `folds/<fold>/manifest.arrow` with the fold's splits, the run, `jobs/<fold>/<job>.json` with the durations of
 * all starts, and each score file as soon as its scores are there.
 *
 * @returns false if there was nothing left to do
 * @throws ProtocolError if the checkpoint holds another method or no row could be scored
 */
export async function runJob(job: Job, options: RunJobOptions): Promise<boolean> {
  if (await isDone(job)) return false;
  const { fold, variant, seed } = job;
  const { out, shards } = options;
  const { rows } = await readManifest(options.manifest);
  const plan = foldRows(rows, fold, options);
  for (const text of plan.notes) options.note?.(text);
  const manifest = await writeFoldManifest(join(out, "folds", fold.id), options.manifest, plan.rows);
  const config = recipeFile(job);
  // Without the run, what its training took once is not part of this one.
  const earlier = existsSync(config) ? await readDurations(out, job) : {};
  await writeAtomically(config, recipeOf(job));
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const request: TrainRequest = {
    recipe: variant.recipe ?? defaultRecipe,
    method: variant.method,
    seed,
    manifest,
    datasets: fold.sources,
    shards,
    config,
    folder: job.run,
  };
  const training = await options.train(request).catch(async (error: unknown) => {
    if (earlier.training === undefined) await writeDurations(out, job, withTraining(earlier, seconds()));
    throw error;
  });
  let durations = earlier;
  if (hasTrained(training)) {
    durations = withTraining(earlier, seconds(), training);
    // What was scored before is another checkpoint's.
    await Promise.all(job.scores.map(({ file }) => rm(file, { force: true })));
    await writeDurations(out, job, durations);
  }
  let since = performance.now();
  const { predictor, origin } = await options.openRun(job.run);
  if (predictor.method !== variant.method) {
    throw new ProtocolError(`[runJob] ${job.run} holds "${predictor.method}", not "${variant.method}".`);
  }
  const scored = (await readManifest(manifest)).rows.filter((row) => row.split !== "train");
  for (const { method, file, decoding } of job.scores) {
    if (await isWhole(file)) continue;
    const rows = await scoreRows(await decodedBy(predictor, decoding), scored, {
      root: dirname(manifest),
      shards,
      batch: options.batch,
      explained: chooseExplained(scored, options.explain, 0),
      onProgress: (done) => options.onProgress?.(done, scored.length),
    });
    const lost = scored.length - rows.length;
    if (lost > 0) options.note?.(`${lost} rows of ${job.name} have no crop and are not scored as ${method}.`);
    const ended = performance.now();
    durations = withScoring(durations, (ended - since) / 1000, rows.length);
    since = ended;
    await writeDurations(out, job, durations);
    await writeScores(file, {
      metadata: {
        ...origin,
        method,
        seed: String(seed),
        protocol: options.protocol,
        sources: fold.sources.join(","),
      },
      rows,
    });
  }
  return true;
}

/** The predictor with another score, and without sentences, which no decoding of the judgment changes. */
async function decodedBy(predictor: Predictor, decoding: Decoding | undefined): Promise<Predictor> {
  if (decoding === undefined) return predictor;
  const { method, imageSize, scoreBy } = predictor;
  if (!scoreBy) {
    throw new ProtocolError(
      `[runJob] ${method} is not asked a question, so ${decoding} has nothing to decode.`,
    );
  }
  return { method, imageSize, score: await scoreBy(decoding) };
}

function recipeFile(job: Job): string {
  return join(job.run, "recipe.json");
}

const defaultRecipe: RecipeName = "starter";

// The starter is not named: so are the jobs that were done before there was a choice.
function recipeOf({ variant: { recipe = defaultRecipe, config } }: Job): string {
  return `${JSON.stringify(recipe === defaultRecipe ? config : { recipe, ...config }, null, 2)}\n`;
}

// A manifest's paths must stay inside its folder: a link leads from there to the images.
async function writeFoldManifest(
  folder: string,
  manifest: string,
  rows: readonly ManifestRow[],
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const link = join(folder, "data");
  await symlink(dirname(resolve(manifest)), link, "junction").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  const file = join(folder, "manifest.arrow");
  await writeManifest(
    file,
    rows.map((row) => ({ ...row, path: `data/${row.path}` })),
  );
  return file;
}
