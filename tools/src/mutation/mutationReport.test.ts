/** @file Which results are kept, and how new ones join them. */

import { expect, it } from "vitest";
import {
  type KernelSummary,
  mergeSummaries,
  showSummaries,
  stillHolds,
  summarizeKernel,
} from "./mutationReport.ts";

const summary: KernelSummary = {
  kernel: "b",
  adapter: "llvmpipe",
  digest: "text",
  tests: { "ops/b.test.ts": "test" },
  secondsPerMutant: 1,
  mutants: 2,
  killed: 2,
  equivalent: 0,
  hidden: 0,
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
  const { tests: _, ...old } = summary;
  expect(stillHolds(old, "text", () => "test")).toBe(false);
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
  const barrier = {
    fault: "barrier",
    line: "workgroupBarrier();",
    mutated: "",
    place: 0,
    at: "main 1",
  } as const;
  const mutant = { fault: "sign", line: "x + y", mutated: "x - y", place: 0 } as const;
  const found = summarizeKernel({
    label: "b",
    adapter: "llvmpipe",
    digest: "text",
    tests: {},
    seconds: 6,
    listed: 7,
    forms: 2,
    mutants: [
      { ...mutant, verdict: "killed", lost: "hung" },
      { ...mutant, verdict: "invalid" },
      { ...mutant, verdict: "survived", pardon: { as: "equivalent", reason: "why" } },
      { ...mutant, verdict: "survived", pardon: { as: "hidden", reason: "why" } },
      { ...mutant, verdict: "survived" },
      { ...barrier, verdict: "survived" },
    ],
  });
  expect(found).toMatchObject({
    adapter: "llvmpipe",
    share: 0.857,
    formShare: 1,
    mutants: 5,
    killed: 1,
    lost: 1,
    equivalent: 1,
    hidden: 1,
    secondsPerMutant: 1,
  });
  expect(found.survivors).toEqual([
    { fault: "sign", line: "x + y", mutated: "x - y" },
    { fault: "barrier", line: "workgroupBarrier();", mutated: "", at: "main 1" },
  ]);
  expect(showSummaries([found])).toContain("- b, barrier: `workgroupBarrier();` as `` (main 1)");
});
