/** @file Which results are kept, and how new ones join them. */

import { expect, it } from "vitest";
import { evenly } from "./examineSubject.ts";
import { type KernelSummary, mergeSummaries, stillHolds, summarizeKernel } from "./mutationReport.ts";

const summary: KernelSummary = {
  kernel: "b",
  digest: "text",
  tests: { "ops/b.test.ts": "test" },
  secondsPerMutant: 1,
  mutants: 2,
  killed: 2,
  equivalent: 0,
  survivors: [],
};

const holds = (now: Partial<KernelSummary>, digest = "text", test = "test") =>
  stillHolds({ ...summary, ...now }, digest, () => test);

it("keeps a result while kernel and tests are the same and nothing survived", () => {
  expect(holds({})).toBe(true);
  expect(holds({}, "other")).toBe(false);
  expect(holds({}, "text", "other")).toBe(false);
  expect(holds({ survivors: [{ fault: "sign", line: "a", mutated: "b" }] })).toBe(false);
  expect(holds({ share: 0.5 })).toBe(false);
});

it("puts new results in the place of earlier ones, and leaves the rest", () => {
  const merged = mergeSummaries(
    [summary, { ...summary, kernel: "c" }],
    [
      { ...summary, killed: 1 },
      { ...summary, kernel: "a" },
    ],
  );
  expect(merged.map(({ kernel, killed }) => [kernel, killed])).toEqual([
    ["a", 2],
    ["b", 1],
    ["c", 2],
  ]);
});

it("counts what compiles, and says what is alive without a reason", () => {
  const mutant = { fault: "sign", line: "x + y", mutated: "x - y", place: 0 } as const;
  const found = summarizeKernel({
    label: "b",
    digest: "text",
    tests: {},
    seconds: 6,
    listed: 5,
    forms: 2,
    mutants: [
      { ...mutant, verdict: "killed", lost: "hung" },
      { ...mutant, verdict: "invalid" },
      { ...mutant, verdict: "survived", equivalent: "why" },
      { ...mutant, verdict: "survived" },
    ],
  });
  expect(found).toMatchObject({
    share: 0.8,
    formShare: 0.5,
    mutants: 3,
    killed: 1,
    lost: 1,
    equivalent: 1,
    secondsPerMutant: 1.5,
  });
  expect(found.survivors).toEqual([{ fault: "sign", line: "x + y", mutated: "x - y" }]);
});

it("takes a sample from the whole of a list", () => {
  const items = Array.from({ length: 10 }, (_, i) => i);
  expect(evenly(items, 4)).toEqual([2, 4, 7, 9]);
  expect(evenly(items, Infinity)).toEqual(items);
});
