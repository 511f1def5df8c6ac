/** @file Where vitest and nx leave what they found. */

import { existsSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

/** The counts of a vitest JSON report that the sum needs. */
export interface VitestResults {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  /** False also where a suite failed outside its tests, or an error went unhandled. */
  readonly success: boolean;
}

/** One task of nx's last run. */
export interface NxTask {
  readonly projectName: string;
  readonly target: string;
  /** Exit status. */
  readonly status: number;
  readonly cacheStatus: string;
}

const resultsOf = (root: string, folder: string): string => join(root, folder, ".vitest", "results.json");

/**
 * Lists the projects that have tests.
 *
 * @param root root of the checkout
 */
export function listTestedProjects(root: string): { readonly name: string; readonly folder: string }[] {
  const packages = readdirSync(join(root, "packages")).map((name) => ({ name, folder: `packages/${name}` }));
  return [...packages, { name: "tools", folder: "tools" }].filter(({ folder }) =>
    existsSync(join(root, folder, "vitest.config.ts")),
  );
}

/** Takes away a report of an earlier run, so that it cannot pass for one of this run; nx restores it from its cache. */
export function removeVitestResults(root: string, folder: string): void {
  rmSync(resultsOf(root, folder), { force: true });
}

/**
 * Reads the report of a project.
 *
 * @returns undefined if vitest wrote none, or half of one
 */
export function readVitestResults(root: string, folder: string): VitestResults | undefined {
  try {
    return JSON.parse(readFileSync(resultsOf(root, folder), "utf8")) as VitestResults;
  } catch {
    return undefined;
  }
}

/**
 * Reads what nx says of its last run.
 *
 * @param root    root of the checkout
 * @param sinceMs a record older than this time is of another run, and is not returned
 */
export function readNxRun(root: string, sinceMs: number): NxTask[] {
  const file = join(root, ".nx", "cache", "run.json");
  if (!existsSync(file) || statSync(file).mtimeMs < sinceMs) return [];
  return (JSON.parse(readFileSync(file, "utf8")) as { tasks: NxTask[] }).tasks;
}
