/** @file Balance, coverage and statelessness of batches and epoch orders. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Attack } from "../manifest/manifest.ts";
import { batchAt, createBatchSampler } from "./batchSampler.ts";
import { epochOrder } from "./epochOrder.ts";

function rowsOf(counts: Partial<Record<Attack, number>>, dataset = "D1") {
  return (Object.entries(counts) as [Attack, number][]).flatMap(([attack, count]) =>
    Array.from({ length: count }, () => {
      return { dataset, label: attack === "none" ? "live" : "spoof", attack } as const;
    }),
  );
}

const rows = rowsOf({ print: 40, none: 25, replay: 3, cutout: 11, rigidMask: 3 });

test("each even batch is half live, and the attacks share the other half", () => {
  const sampler = createBatchSampler(rows, 1, 16);
  const counts: Record<string, number> = {};
  for (let step = 0; step < 10; step++) {
    const batch = [...batchAt(sampler, step)].map((index) => rows[index]?.attack as string);
    expect(batch.filter((attack) => attack === "none").length).toBe(8);
    for (const attack of batch) counts[attack] = (counts[attack] ?? 0) + 1;
  }
  expect(counts).toEqual({ none: 80, print: 20, replay: 20, cutout: 20, rigidMask: 20 });
});

test("spoof rows alone are drawn where that is asked for, the attacks in turn", () => {
  const spoofs = rowsOf({ print: 4, replay: 2 });
  expect(() => createBatchSampler(spoofs, 1, 4)).toThrow(/no live rows/);
  const sampler = createBatchSampler(spoofs, 1, 4, "spoof");
  const drawn = [0, 1].flatMap((step) => [...batchAt(sampler, step)]);
  const attacks = drawn.map((index) => spoofs[index]?.attack);
  expect(attacks).toEqual(Array.from({ length: 4 }, () => ["print", "replay"]).flat());
  expect(new Set(drawn.filter((index) => index < 4)).size).toBe(4);
  const mixed = createBatchSampler(rows, 1, 16, "spoof");
  expect([...batchAt(mixed, 3)].filter((index) => rows[index]?.attack === "none")).toEqual([]);
  expect(() => createBatchSampler(rowsOf({ none: 3 }), 1, 4, "spoof")).toThrow(/no spoof rows/);
});

test("a pool is gone through before any of its rows comes again", () => {
  const sampler = createBatchSampler(rows, 7, 10);
  const live = Array.from({ length: 10 }, (_, step) => [...batchAt(sampler, step)])
    .flat()
    .filter((index) => rows[index]?.attack === "none");
  expect(new Set(live.slice(0, 25)).size).toBe(25);
  expect(new Set(live.slice(25, 50)).size).toBe(25);
  expect(live.slice(0, 25)).not.toEqual(live.slice(25, 50));
});

test("pools of equal size have orders of their own", () => {
  const twins = rowsOf({ none: 30, print: 30 });
  const sampler = createBatchSampler(twins, 2, 60);
  const batch = [...batchAt(sampler, 0)];
  const live = batch.filter((index) => index < 30);
  const print = batch.filter((index) => index >= 30).map((index) => index - 30);
  expect(print.toSorted()).toEqual(live.toSorted());
  expect(print).not.toEqual(live);
});

test("a step's batch is the same from a new sampler, whatever was drawn before", () => {
  fc.assert(
    fc.property(fc.nat(1e9), fc.integer({ min: 1, max: 33 }), fc.nat(5000), (seed, size, step) => {
      const used = createBatchSampler(rows, seed, size);
      for (const other of [step + 3, 0, Math.max(0, step - 1)]) batchAt(used, other);
      const fresh = createBatchSampler(rows, seed, size);
      expect([...batchAt(used, step)]).toEqual([...batchAt(fresh, step)]);
    }),
    { numRuns: 50 },
  );
});

test("data sets of any size share a batch evenly, each with both classes and all of its attacks", () => {
  const several = [...rowsOf({ none: 30, print: 90 }, "O"), ...rowsOf({ none: 4, replay: 2, print: 7 }, "C")];
  const sampler = createBatchSampler(several, 3, 8);
  expect(sampler.datasets.map(({ name }) => name)).toEqual(["C", "O"]);
  const replays: number[] = [];
  for (let step = 0; step < 20; step++) {
    const drawn = [...batchAt(sampler, step)].map((i) => several[i] as (typeof several)[number]);
    for (const dataset of ["C", "O"]) {
      for (const label of ["live", "spoof"]) {
        expect(drawn.filter((row) => row.dataset === dataset && row.label === label)).toHaveLength(2);
      }
    }
    replays.push(drawn.filter((row) => row.attack === "replay").length);
  }
  expect(replays).toEqual(Array.from({ length: 20 }, () => 1));
});

test("the draws of one data set are these: a change would move every run", () => {
  expect([...batchAt(createBatchSampler(rows, 1, 8), 2)]).toEqual([55, 74, 59, 14, 61, 66, 43, 81]);
});

test("seeds give other batches, and epochs other orders", () => {
  const first = batchAt(createBatchSampler(rows, 1, 16), 0);
  expect([...batchAt(createBatchSampler(rows, 2, 16), 0)]).not.toEqual([...first]);
  expect([...epochOrder(1, 0, 50)]).not.toEqual([...epochOrder(1, 1, 50)]);
  expect([...epochOrder(1, 4, 50)]).toEqual([...epochOrder(1, 4, 50)]);
  expect(new Set(epochOrder(3, 0, 50)).size).toBe(50);
});

test("what cannot be balanced is named", () => {
  expect(() => createBatchSampler(rowsOf({ none: 4 }), 1, 4)).toThrow("rows of D1, which has no spoof rows");
  expect(() => createBatchSampler(rowsOf({ print: 4 }), 1, 4)).toThrow("which has no live rows");
  expect(() => createBatchSampler([...rows, ...rowsOf({ print: 2 }, "C")], 1, 4)).toThrow(
    "rows of C, which has no live rows",
  );
  expect(() => createBatchSampler([], 1, 4)).toThrow("there are no rows");
  expect(() => createBatchSampler(rows, 1, 0)).toThrow("batchSize must be a positive integer, got 0");
  expect(() => batchAt(createBatchSampler(rows, 1, 4), -1)).toThrow(
    "step must be a non-negative integer, got -1",
  );
});
