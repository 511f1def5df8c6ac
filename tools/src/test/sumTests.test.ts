/** @file Tests of the sum in the last line of `npm test`. */

import { expect, it } from "vitest";
import { failedChecks, summarize, sumTests } from "./sumTests.ts";
import type { NxTask, VitestResults } from "./testResults.ts";

const results = (passed: number, failed: number, success = failed === 0): VitestResults => ({
  numPassedTests: passed,
  numFailedTests: failed,
  numFailedTestSuites: 0,
  success,
});
const task = (projectName: string, target: string, status: number, cacheStatus = "cache-miss"): NxTask => ({
  projectName,
  target,
  status,
  cacheStatus,
});

it("sums passed and failed tests over projects", () => {
  const projects = [
    { project: "data", results: results(10, 0) },
    { project: "train", results: results(5, 2) },
  ];
  expect(sumTests(projects, [])).toEqual({ passed: 15, failed: 2 });
});

it("counts a missing report, a broken file and a failed check as one failed test each", () => {
  const projects = [
    { project: "data", results: undefined },
    { project: "train", results: results(5, 0, false) },
  ];
  expect(sumTests(projects, ["bench:lint"])).toEqual({ passed: 5, failed: 3 });
});

it("takes failed tasks other than tests for failed checks", () => {
  const run = [
    task("data", "lint", 1),
    task("data", "test", 1),
    task("train", "typecheck", 0),
    task("train", "fit", 1),
  ];
  expect(failedChecks(run, ["lint", "typecheck", "test"])).toEqual(["data:lint"]);
});

it("says what each project contributed and what the cache served", () => {
  const projects = [
    { project: "data", results: results(3, 1) },
    { project: "train", results: results(4, 0, false) },
    { project: "bench", results: undefined },
  ];
  const run = [task("data", "test", 1), task("data", "lint", 0, "local-cache-hit")];
  expect(summarize(projects, run)).toEqual([
    "data: 3 passed, 1 failed",
    "train: 4 passed, 0 failed, a file failed outside its tests",
    "bench: no report of tests",
    "failed tasks: data:test",
    "tasks: 2, of these 1 from nx's cache",
  ]);
});
