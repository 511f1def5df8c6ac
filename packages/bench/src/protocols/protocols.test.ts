/** @file The protocols as data, and the splits that their rules give. */

import { domains, loaders, type ManifestRow } from "@candor/data";
import { describe, expect, test } from "vitest";
import { manifestRow } from "./fixtures/manifestRow.ts";
import { foldRows } from "./foldRows.ts";
import { foldsFor, protocols, protocolTitle } from "./protocols.ts";

describe("protocols", () => {
  test("have the folds of the literature, on names that loaders write and on rendered domains", () => {
    expect(protocols.map(({ name, folds }) => [name, folds.length])).toEqual([
      ["one-to-eleven", 1],
      ["leave-one-out", 4],
      ["limited-source", 2],
      ["wcs", 3],
      ["single-source", 12],
    ]);
    const titles = loaders.map((loader) => loader.title);
    const ids = domains.map((domain) => domain.id);
    for (const { folds, rendered } of protocols) {
      expect(rendered.map((fold) => fold.id)).toEqual(folds.map((fold) => fold.id));
      for (const [known, list] of [
        [titles, folds],
        [ids, rendered],
      ] as const) {
        for (const { sources, targets } of list) {
          expect(known).toEqual(expect.arrayContaining([...sources, ...targets]));
          expect(targets.some((target) => sources.includes(target))).toBe(false);
        }
      }
    }
  });

  test("leave one out trains on the other three", () => {
    const { folds } = protocols.find(({ name }) => name === "leave-one-out")!;
    expect(folds.map(({ targets }) => targets[0])).toEqual([
      "MSU-MFSD",
      "CASIA-MFSD",
      "Replay-Attack",
      "OULU-NPU",
    ]);
    expect(folds[0]!.sources).toEqual(["OULU-NPU", "CASIA-MFSD", "Replay-Attack"]);
  });

  test("rendered domains stand in where the manifest has them", () => {
    const [first] = protocols;
    expect(foldsFor(first!, ["D1", "D2"])).toBe(first!.rendered);
    expect(foldsFor(first!, ["WMCA"])).toBe(first!.folds);
    expect([protocolTitle("wcs"), protocolTitle("mine")]).toEqual([
      "WMCA, CeFA (F here), CASIA-SURF",
      "mine",
    ]);
  });
});

const fold = { id: "A-B", sources: ["A"], targets: ["B"] };
const splits = ["train", "dev", "test"] as const;
const subjects = Array.from({ length: 10 }, (_, index) => `s${index}`);
const both = splits.flatMap((split) => ["A", "B", "C"].map((dataset) => manifestRow(dataset, split)));
const shape = (rows: readonly ManifestRow[]) => rows.map(({ id, split }) => `${id}: ${split}`);

describe("foldRows", () => {
  test("given: the manifest's splits, and only test rows of the target", () => {
    const { rows, notes } = foldRows(both, fold, { rule: "given", holdOut: 0.1 });
    expect(shape(rows)).toEqual([
      "A-train-s-live: train",
      "A-dev-s-live: dev",
      "A-test-s-live: test",
      "B-test-s-live: test",
    ]);
    expect(notes).toEqual([]);
  });

  test("whole: trains on train + test, tests on train + test, and never touches the target's dev split", () => {
    const { rows } = foldRows(both, fold, { rule: "whole", holdOut: 0.1 });
    expect(shape(rows)).toEqual([
      "A-train-s-live: train",
      "A-dev-s-live: dev",
      "A-test-s-live: train",
      "B-train-s-live: test",
      "B-test-s-live: test",
    ]);
  });

  test("holds out whole subjects of a source without a dev split, the same ones in any order", () => {
    const rows = [
      ...subjects.flatMap((subject) => [
        manifestRow("A", "train", subject, "live"),
        manifestRow("A", "test", subject, "spoof"),
      ]),
      manifestRow("B", "test"),
    ];
    const dev = (order: readonly ManifestRow[], holdOut: number) =>
      foldRows(order, fold, { rule: "whole", holdOut })
        .rows.filter((row) => row.split === "dev")
        .map((row) => row.id)
        .toSorted();
    const held = dev(rows, 0.2);
    expect(held).toHaveLength(4);
    expect(new Set(held.map((id) => id.split("-")[2])).size).toBe(2);
    expect(dev(rows.toReversed(), 0.2)).toEqual(held);
    expect(dev(rows, 0)).toEqual([]);
    expect(foldRows(rows, fold, { rule: "whole", holdOut: 0 }).notes).toEqual([
      "Fold A-B has no dev rows: no deployable threshold, no APCER, no BPCER.",
    ]);
  });

  test("leaves out missing targets with a note; refuses a missing source and no target at all", () => {
    const wide = { ...fold, targets: ["B", "Z"] };
    const options = { rule: "given", holdOut: 0 } as const;
    const result = foldRows(both, wide, options);
    expect(result.notes).toEqual(["Z has no rows to test and is left out of fold A-B."]);
    expect(result.fold.targets).toEqual(["B"]);
    expect(() => foldRows(both, { ...fold, sources: ["Z"] }, options)).toThrow(
      "nothing of Z to train on; it holds A, B, C",
    );
    expect(() => foldRows(both, { ...fold, targets: ["Z"] }, options)).toThrow("none of Z has rows to test");
  });
});
