/** @file Balance, coverage and repeatability of batches over data sets. */
import { expect, test } from "vitest";
import { createDomainSampler, domainBatchAt } from "./domainSampler.ts";

const rows = [
  ...Array.from({ length: 30 }, () => ({ dataset: "O", label: "live" as const })),
  ...Array.from({ length: 90 }, () => ({ dataset: "O", label: "spoof" as const })),
  ...Array.from({ length: 4 }, () => ({ dataset: "C", label: "live" as const })),
  ...Array.from({ length: 7 }, () => ({ dataset: "C", label: "spoof" as const })),
];

test("every batch holds as many rows of each data set and class", () => {
  const sampler = createDomainSampler(rows, 3, 12);
  expect(sampler.names).toEqual(["C live", "C spoof", "O live", "O spoof"]);
  for (let step = 0; step < 20; step++) {
    const names = [...domainBatchAt(sampler, step)].map((i) => `${rows[i]?.dataset} ${rows[i]?.label}`);
    for (const name of sampler.names) expect(names.filter((word) => word === name)).toHaveLength(3);
  }
});

test("a pool is gone through before any of its rows comes again, in another order each time", () => {
  const sampler = createDomainSampler(rows, 3, 4);
  const drawn = Array.from({ length: 60 }, (_, step) => domainBatchAt(sampler, step)[2] as number);
  expect(new Set(drawn.slice(0, 30)).size).toBe(30);
  expect(new Set(drawn.slice(30)).size).toBe(30);
  expect(drawn.slice(0, 30)).not.toEqual(drawn.slice(30));
});

test("a step's batch depends on seed and step alone", () => {
  const inOrder = createDomainSampler(rows, 5, 6);
  const batches = Array.from({ length: 40 }, (_, step) => domainBatchAt(inOrder, step));
  expect(domainBatchAt(createDomainSampler(rows, 5, 6), 39)).toEqual(batches[39]);
  expect(domainBatchAt(inOrder, 3)).toEqual(batches[3]);
  expect(domainBatchAt(createDomainSampler(rows, 6, 6), 39)).not.toEqual(batches[39]);
});

test("a data set with one class, no rows and broken numbers are named", () => {
  expect(() => createDomainSampler(rows.slice(0, 30), 1, 4)).toThrow("O has no spoof rows");
  expect(() => createDomainSampler([], 1, 4)).toThrow("there are no rows");
  expect(() => createDomainSampler(rows, 1, 0)).toThrow("batchSize must be a positive integer, got 0");
  expect(() => domainBatchAt(createDomainSampler(rows, 1, 4), -1)).toThrow(
    "step must be a non-negative integer, got -1",
  );
});
