/** @file Runs jobs as processes of their own, several at a time. */

import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { isDone } from "./runJob.ts";
import type { Job } from "./planJobs.ts";

/** Options of {@link runJobs}. */
export interface RunJobsOptions {
  /** Processes at a time. */
  readonly atOnce: number;
  readonly out: string;
  /** Program and arguments that run one job. */
  readonly command: (job: Job) => readonly [string, ...string[]];
  readonly onEnd?: (job: Job, outcome: "done" | "was done" | "failed", log: string) => void;
  /** No further job is started once it is aborted; those that run are told to stop and save. */
  readonly signal?: AbortSignal;
}

/**
 * Runs every job that is not done; one that fails does not stop the others.
 *
 * @returns the jobs that failed or were not started
 * @throws ProtocolError before any is started, if the run of one belongs to another configuration
 */
export async function runJobs(jobs: readonly Job[], options: RunJobsOptions): Promise<Job[]> {
  const states = await Promise.all(jobs.map(async (job) => ({ job, done: await isDone(job) })));
  const queue = [...states];
  const left: Job[] = [];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { job, done } = next;
      const log = join(options.out, "logs", `${job.fold.id}-${job.variant.name}-seed${job.seed}.log`);
      if (done) {
        options.onEnd?.(job, "was done", log);
        continue;
      }
      if (options.signal?.aborted) {
        left.push(job);
        continue;
      }
      const succeeded = await runProcess(options.command(job), log, options.signal);
      if (!succeeded) left.push(job);
      options.onEnd?.(job, succeeded ? "done" : "failed", log);
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, worker));
  return left;
}

function runProcess(
  [program, ...words]: readonly [string, ...string[]],
  log: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  mkdirSync(dirname(log), { recursive: true });
  const file = openSync(log, "a");
  return new Promise((done) => {
    const child = spawn(program, words, { stdio: ["ignore", file, file] });
    const stop = () => child.kill("SIGTERM");
    signal?.addEventListener("abort", stop);
    const end = (succeeded: boolean) => {
      signal?.removeEventListener("abort", stop);
      closeSync(file);
      done(succeeded);
    };
    child.on("error", (error) => {
      writeSync(file, `error: ${error.message}\n`);
      // One that runs and could not be told to stop still ends by itself.
      if (child.pid === undefined) end(false);
    });
    child.on("exit", (code) => end(code === 0));
  });
}
