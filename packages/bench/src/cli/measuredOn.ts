/** @file What stands beside every figure of a benchmark, and the file that keeps both. */

import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { dirname, resolve } from "node:path";
import { currentCommit } from "./currentCommit.ts";

/** When, from which commit and on which machine something is measured. */
export interface MeasuredOn {
  /** ISO 8601. */
  readonly created: string;
  readonly commit: string;
  readonly node: string;
  readonly cpu: string;
}

export function measuredOn(): MeasuredOn {
  return {
    created: new Date().toISOString(),
    commit: currentCommit(),
    node: process.version,
    cpu: `${cpus()[0]?.model ?? "unknown"}, ${availableParallelism()} cores`,
  };
}

/** Writes a report where the user asked for a file; folders are made. */
export function keepReport(file: string | undefined, report: MeasuredOn): void {
  if (file === undefined) return;
  mkdirSync(dirname(resolve(file)), { recursive: true });
  writeFileSync(file, `${JSON.stringify(report, undefined, 1)}\n`);
}
