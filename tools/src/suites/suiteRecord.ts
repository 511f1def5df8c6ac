/** @file What is kept of a run of the op suite on one adapter. */

import { relative } from "node:path";

/** One run, as committed. */
export interface SuiteRecord {
  /** Driver name and version, as the adapter words it. */
  readonly adapter: string;
  /** Features that were left unused though the adapter has them. */
  readonly without: readonly string[];
  /** Features of the device that the kernels saw. */
  readonly features: readonly string[];
  /** Files that were asked for, as vitest takes them. */
  readonly filter: readonly string[];
  readonly passed: number;
  readonly failed: number;
  /** Tests that say themselves that they do not run there. */
  readonly skipped: number;
  /** Full names of those that failed. */
  readonly failures: readonly string[];
  readonly seconds: number;
  readonly date: string;
  readonly commit: string;
  readonly command: string;
}

/** The parts of a vitest JSON report that a record needs. */
export interface SuiteReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/**
 * Counts of a report; a file that fails outside of its tests counts as one failure.
 *
 * @param folder of the package, an absolute path: what lies there is named relative to it
 * @param root of the workspace, in which `folder` lies; the same holds for other files there
 */
export function countSuite(
  { numPassedTests, numPendingTests, testResults }: SuiteReport,
  folder: string,
  root: string,
): Pick<SuiteRecord, "passed" | "failed" | "skipped" | "failures"> {
  const portable = (text: string) =>
    [folder, root].reduce((line, path) => {
      const to = relative(folder, path);
      return line.replaceAll(`file://${path}/`, `${path}/`).replaceAll(`${path}/`, to === "" ? "" : `${to}/`);
    }, text);
  const failures = testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === "failed").map((test) => test.fullName);
    return failed.length === 0 && status === "failed"
      ? [portable(`${name}: ${message.split("\n")[0]}`)]
      : failed;
  });
  return { passed: numPassedTests, failed: failures.length, skipped: numPendingTests, failures };
}

/**
 * Checks that the counts of a run say all of it: vitest's report is silent of errors outside of tests, such as one that
 * is thrown after the last, and of filters that no file matches.
 *
 * @param filter files that were asked for
 * @param status of vitest's process; null where a signal ended it
 * @throws Error if no test ran, or if the run failed and none of its tests did
 */
export function assertCounted(
  { passed, failed, skipped }: Pick<SuiteRecord, "passed" | "failed" | "skipped">,
  filter: readonly string[],
  status: number | null,
): void {
  if (passed + failed + skipped === 0) {
    throw new Error(`no test ran: a test file's path must hold ${filter.join(" or ")}`);
  }
  if (status === 0 || (status === 1 && failed > 0)) return;
  const ended = status === null ? "was ended by a signal" : `ended with status ${status}`;
  throw new Error(
    `vitest ${ended}, and ${failed} tests failed: something fails outside of them. ` +
      `npx vitest run --root packages/tensor-core ${filter.join(" ")} shows it`,
  );
}

const keyOf = ({ adapter, without, filter }: SuiteRecord): string =>
  [adapter, ...without, "", ...filter].join();

/** Records with new ones in the place of those of the same adapter, features and files; in order of these. */
export function mergeSuites(recorded: readonly SuiteRecord[], added: readonly SuiteRecord[]): SuiteRecord[] {
  const byKey = new Map([...recorded, ...added].map((record) => [keyOf(record), record]));
  return [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, record]) => record);
}

/** One line for a terminal. */
export function showSuite({ adapter, without, passed, failed, skipped, seconds }: SuiteRecord): string {
  const features = without.length === 0 ? "all features" : `without ${without.join(" and ")}`;
  return `${adapter}, ${features}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds} s`;
}
