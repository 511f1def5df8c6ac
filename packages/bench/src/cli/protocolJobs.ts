/** @file The part of commands that trains: jobs of a protocol, side by side, with resume. */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readManifest } from "@candor/data";
import { Device } from "@candor/tensor-core";
import { hideBin } from "yargs/helpers";
import { foldRows } from "../protocols/foldRows.ts";
import { planJobs, type Job, type Variant } from "../protocols/jobs/planJobs.ts";
import { readTrainings } from "../protocols/jobs/readTrainings.ts";
import { isDone, runJob } from "../protocols/jobs/runJob.ts";
import { runJobs } from "../protocols/jobs/runJobs.ts";
import { ProtocolError } from "../protocols/protocolError.ts";
import { foldsFor, type Fold, type Protocol } from "../protocols/protocols.ts";
import type { WriteReportsOptions } from "../report/writeReports.ts";
import { readScores } from "../scores/readScores.ts";
import type { ScoreFile } from "../scores/scoreFile.ts";
import { openRun } from "./openRun.ts";
import { recordedFlags } from "./recordedFlags.ts";
import { programOf, trainProcess } from "./trainProcess.ts";

/** What the command line says. */
export interface ProtocolFlags {
  readonly protocol: Protocol;
  readonly manifest: string;
  readonly shards: string | undefined;
  readonly seeds: readonly number[];
  readonly extraSources: readonly string[];
  readonly holdOut: number;
  readonly out: string;
  readonly jobs: number;
  readonly job: number | undefined;
  readonly dryRun: boolean;
  readonly explain: number;
  readonly batch: number;
  readonly resamples: number;
  readonly seed: number;
}

/** What reports of finished jobs need beside their scores. */
export type ReportContext = Omit<WriteReportsOptions, "baseline" | "source">;

const say = (text: string) => void process.stderr.write(`${text}\n`);

/**
 * Lists the jobs, runs one of them, or runs all and reports.
 *
 * @param program which is called again, with this process's flags, for each job
 * @param report  writes what the score files give and returns what is printed
 * @returns what goes to stdout
 * @throws Error if a job fails; the others are run first
 */
export async function runProtocol(
  program: string,
  variants: readonly Variant[],
  flags: ProtocolFlags,
  report: (files: readonly ScoreFile[], context: ReportContext) => Promise<string>,
): Promise<string> {
  const { protocol, out } = flags;
  const { rows } = await readManifest(flags.manifest);
  const folds = usableFolds(flags, rows);
  const jobs = planJobs(folds, variants, flags.seeds, out);
  if (flags.dryRun) return listJobs(jobs);
  if (flags.job !== undefined) {
    const job = jobs[flags.job];
    if (!job) throw new Error(`--job must lie in 0 to ${jobs.length - 1}, got ${flags.job}; see --dry-run`);
    return runOne(job, flags);
  }
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (!abort.signal.aborted)
        say("stopping: running jobs save a checkpoint; the same command goes on from there");
      abort.abort();
    });
  }
  let ended = 0;
  const left = await runJobs(jobs, {
    atOnce: flags.jobs,
    out,
    signal: abort.signal,
    command: (job) => [process.execPath, programOf(program), ...hideBin(process.argv), `--job=${job.index}`],
    onEnd: (job, outcome, log) => {
      ended++;
      say(
        `${ended}/${jobs.length} ${job.name}: ${outcome}${outcome === "failed" ? `, see ${log}; ${lastError(log)}` : ""}`,
      );
    },
  });
  if (left.length > 0) {
    throw new Error(
      `${left.length} of ${jobs.length} jobs are not done: ${left.map((job) => job.name).join(", ")}; the same command goes on with them`,
    );
  }
  const files = await Promise.all(jobs.flatMap(({ scores }) => scores.map(({ file }) => readScores(file))));
  const printed = await report(files, {
    out,
    resamples: flags.resamples,
    seed: flags.seed,
    commands: [`npx nx run bench:${commandOf(program)} ${recordedFlags(hideBin(process.argv))}`],
    foldNotes: folds.flatMap(
      (fold) => foldRows(rows, fold, { rule: protocol.rule, holdOut: flags.holdOut }).notes,
    ),
    images: { rows, root: dirname(flags.manifest), shards: flags.shards },
    trainings: await readTrainings(out, jobs),
    created: new Date().toISOString(),
  });
  return `${printed}\n`;
}

/** The nx target of a program: `cross-domain` of `crossDomain`. */
function commandOf(program: string): string {
  return program.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function usableFolds(flags: ProtocolFlags, rows: Parameters<typeof foldRows>[0]): Fold[] {
  const { protocol, holdOut } = flags;
  const all = foldsFor(protocol, [...new Set(rows.map((row) => row.dataset))]);
  const problems: string[] = [];
  const folds = all.flatMap((fold) => {
    const sources = [...fold.sources, ...flags.extraSources.filter((name) => !fold.sources.includes(name))];
    const clash = sources.find((name) => fold.targets.includes(name));
    if (clash !== undefined)
      throw new ProtocolError(`[fold ${fold.id}] ${clash} cannot be both source and target.`);
    try {
      return [foldRows(rows, { ...fold, sources }, { rule: protocol.rule, holdOut }).fold];
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      problems.push(error.message);
      return [];
    }
  });
  if (folds.length === 0) throw new ProtocolError(problems.join("\n"));
  for (const problem of problems) say(`note: left out: ${problem}`);
  return folds;
}

/** The message that a job ended with, which stands last in its log. */
function lastError(log: string): string {
  const lines = readFileSync(log, "utf8").split("\n");
  return lines.findLast((line) => line.startsWith("error: ")) ?? "it gave no error";
}

async function listJobs(jobs: readonly Job[]): Promise<string> {
  const lines = await Promise.all(
    jobs.map(async (job) => {
      const state = (await isDone(job))
        ? "done"
        : existsSync(join(job.run, "config.json"))
          ? "begun"
          : "to do";
      return `${job.index}\t${state}\t${job.name}\t${job.fold.sources.join(" + ")} -> ${job.fold.targets.join(", ")}`;
    }),
  );
  return `${lines.join("\n")}\n`;
}

async function runOne(job: Job, flags: ProtocolFlags): Promise<string> {
  const { protocol, holdOut, manifest, shards, out, explain, batch } = flags;
  const ran = await runJob(job, {
    protocol: protocol.name,
    rule: protocol.rule,
    holdOut,
    manifest,
    shards,
    out,
    explain,
    batch,
    train: (request) => trainProcess(request),
    openRun: async (folder) => openRun(await Device.open(), folder, (text) => say(`warning: ${text}`)),
    note: (text) => say(`note: ${text}`),
  });
  return `${job.name}: ${ran ? "done" : "was done"}\n`;
}
