/** @file Sums the tests of all projects. */

import type { NxTask, VitestResults } from "./testResults.ts";

export interface ProjectTests {
  readonly project: string;
  /** Undefined if vitest left no report. */
  readonly results: VitestResults | undefined;
}

/** Number of tests, with checks that failed counted as failed tests. */
export interface TestTotal {
  readonly passed: number;
  readonly failed: number;
}

/**
 * Lists the checks beside the tests that failed in nx's run.
 *
 * @param run     tasks of the run
 * @param targets targets that were asked for; a task of one that is not "test" is a check
 * @returns `project:target` of each
 */
export function failedChecks(run: readonly NxTask[], targets: readonly string[]): string[] {
  return run
    .filter(({ target, status }) => target !== "test" && targets.includes(target) && status !== 0)
    .map(({ projectName, target }) => `${projectName}:${target}`);
}

/**
 * Sums the tests of all projects and the failed checks.
 *
 * A project without a report, and one that failed outside its tests, count as one failed test.
 */
export function sumTests(projects: readonly ProjectTests[], checks: readonly string[]): TestTotal {
  let passed = 0;
  let failed = checks.length;
  for (const { results } of projects) {
    passed += results?.numPassedTests ?? 0;
    const own = results?.numFailedTests ?? 0;
    failed += own === 0 && !results?.success ? 1 : own;
  }
  return { passed, failed };
}

/**
 * Says what each project contributed, and how much came from nx's cache.
 *
 * @returns lines for the user, before the total
 */
export function summarize(projects: readonly ProjectTests[], run: readonly NxTask[]): string[] {
  const tests = projects.map(({ project, results }) => {
    if (!results) return `${project}: no report of tests`;
    const suites =
      results.numFailedTests === 0 && !results.success ? ", a file failed outside its tests" : "";
    return `${project}: ${results.numPassedTests} passed, ${results.numFailedTests} failed${suites}`;
  });
  const failed = run.filter(({ status }) => status !== 0).map((task) => `${task.projectName}:${task.target}`);
  const cached = run.filter(({ cacheStatus }) => cacheStatus.endsWith("-hit")).length;
  return [
    ...tests,
    ...(failed.length > 0 ? [`failed tasks: ${failed.join(", ")}`] : []),
    `tasks: ${run.length}, of these ${cached} from nx's cache`,
  ];
}
