/** @file Counts of a report, and which records a new one replaces. */

import { expect, it } from "vitest";
import { assertCounted, countSuite, mergeSuites, showSuite, type SuiteRecord } from "./suiteRecord.ts";

const record: SuiteRecord = {
  adapter: "llvmpipe",
  without: [],
  features: ["subgroups"],
  filter: ["src/ops"],
  passed: 3,
  failed: 0,
  skipped: 1,
  failures: [],
  seconds: 5,
  date: "2026-01-01",
  commit: "abc",
  command: "nx run tools:suites",
};

const test = (fullName: string, status: string) => ({ fullName, status });

it("counts tests, and a file that fails outside of its tests, by paths that hold on any machine", () => {
  const report = {
    numPassedTests: 1,
    numFailedTests: 1,
    numPendingTests: 2,
    testResults: [
      {
        name: "a.test.ts",
        status: "failed",
        message: "",
        assertionResults: [test("a b", "passed"), test("a c", "failed")],
      },
      {
        name: "/w/packages/core/b.test.ts",
        status: "failed",
        message:
          "no file:///w/packages/core/x.ts for /w/packages/core/y.ts or /w/node_modules/z.js\n  at /w/b",
        assertionResults: [],
      },
    ],
  };
  expect(countSuite(report, "/w/packages/core", "/w")).toEqual({
    passed: 1,
    failed: 2,
    skipped: 2,
    failures: ["a c", "b.test.ts: no x.ts for y.ts or ../../node_modules/z.js"],
  });
});

it.each([
  [
    "an error after the last test",
    { passed: 2 },
    1,
    "vitest ended with status 1, and 0 tests failed: something",
  ],
  [
    "a crash beside a failure",
    { passed: 2, failed: 1 },
    134,
    "vitest ended with status 134, and 1 tests failed",
  ],
  ["a signal", { passed: 2 }, null, "vitest was ended by a signal, and 0 tests failed"],
  ["no file", {}, 1, "no test ran: a test file's path must hold src/a or src/b"],
  ["no file, and no failure", {}, 0, "no test ran"],
])("takes %s for no result", (_, counts, status, message) => {
  const all = { passed: 0, failed: 0, skipped: 0, ...counts };
  expect(() => assertCounted(all, ["src/a", "src/b"], status)).toThrow(message);
});

it("takes tests that fail, or leave themselves out, for a result", () => {
  assertCounted({ passed: 2, failed: 0, skipped: 0 }, ["src"], 0);
  assertCounted({ passed: 0, failed: 0, skipped: 3 }, ["src"], 0);
  assertCounted({ passed: 2, failed: 1, skipped: 0 }, ["src"], 1);
});

it("replaces the record of the same adapter, features and files alone", () => {
  const without = { ...record, without: ["subgroups"] };
  const later = { ...record, passed: 4 };
  const part = { ...record, filter: ["src/ops/matmul"] };
  expect(mergeSuites([record, without], [later, part])).toEqual([later, part, without]);
});

it("says what was left out", () => {
  expect(showSuite({ ...record, without: ["subgroups", "shader-f16"] })).toBe(
    "llvmpipe, without subgroups and shader-f16: 3 passed, 0 failed, 1 skipped in 5 s",
  );
});
