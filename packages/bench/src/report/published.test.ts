/** @file The published rows against their own averages, and beside a report of their fold. */

import { describe, expect, test } from "vitest";
import { protocols } from "../protocols/protocols.ts";
import { besidePublished } from "./besidePublished.ts";
import { buildReport } from "./buildReport.ts";
import { fakeRun } from "./fixtures/fakeRuns.ts";
import { publishedOneToEleven } from "./published.ts";
import { publishedFolds } from "./publishedFolds.ts";

const detailed = publishedOneToEleven.filter((row) => row.byTarget);

describe("publishedOneToEleven", () => {
  test.each(detailed)("$method: the average is the mean of its eleven targets", ({ average, byTarget }) => {
    const figures = Object.values(byTarget!);
    expect(figures).toHaveLength(11);
    const mean = (key: "hter" | "auc") => figures.reduce((sum, figure) => sum + figure[key], 0) / 11;
    expect(mean("hter")).toBeCloseTo(average.hter, 1);
    expect(Math.abs(mean("auc") - average.auc)).toBeLessThan(0.02);
  });

  test("three methods have rows by target", () => {
    expect(detailed.map((row) => row.method)).toEqual(["I-FAS", "FaceCoT-100K", "FaceCoT-All"]);
  });
});

describe("publishedFolds", () => {
  /** Printed averages that are not the mean of their own row; the page says so. */
  const otherwise = ["SSAN-R", "ViTAF*, 5-shot"];
  const rows = Object.entries(publishedFolds).flatMap(([protocol, { rows: own }]) =>
    own.map((row) => ({ ...row, protocol, name: `${protocol}: ${row.method}` })),
  );

  test.each(rows)(
    "$name has the protocol's folds, and their mean",
    ({ protocol, method, byFold, average }) => {
      const folds = protocols.find(({ name }) => name === protocol)!.folds.map(({ id }) => id);
      const figures = Object.values(byFold).map(({ hter }) => hter);
      if (figures.length === 0) return;
      expect(Object.keys(byFold).toSorted()).toEqual(folds.toSorted());
      const mean = figures.reduce((sum, hter) => sum + hter, 0) / folds.length;
      const isOff = protocol === "leave-one-out" && otherwise.includes(method);
      expect(Math.abs(mean - average) < 0.0151).toBe(!isOff);
    },
  );
});

/** A report of rendered domains: O is D1, M D2, C D3, I D4. */
const report = (protocol: string, sources: string, target: string) => {
  const trained = sources.split(",");
  const files = [0, 1].map((seed) => {
    const { metadata, rows } = fakeRun({
      method: "ifas",
      seed,
      separation: 2,
      explains: false,
      subjects: 4,
    });
    return {
      metadata: { ...metadata, protocol, sources },
      rows: rows.filter(({ dataset }) => dataset === target || trained.includes(dataset)),
    };
  });
  return buildReport(files, { seed: 0, resamples: 0, created: "" });
};
const rowOf = (beside: ReturnType<typeof besidePublished>, method: string) =>
  beside!.rows.find(({ cells }) => cells[0] === method)!;

describe("besidePublished", () => {
  test("a leave-one-out page has its fold's rows with what they trained on, ours, and what keeps them apart", () => {
    const beside = besidePublished(report("leave-one-out", "D1,D3,D4", "D2"));
    expect(beside!.head[2]).toBe("HTER, literature, MSU-MFSD");
    expect(rowOf(beside, "FLIP-MCL").cells.slice(1, 6)).toEqual([
      "CelebA-Spoof",
      "4.95",
      "98.11",
      "74.67",
      "3.01",
    ]);
    expect(rowOf(beside, "I-FAS").cells).toEqual([
      "I-FAS",
      "not verified",
      "0.32",
      "99.88",
      "–",
      "1.33",
      "secondary source",
    ]);
    const ours = rowOf(beside, "ifas");
    expect(ours.ours).toBe(true);
    expect(ours.cells[2]).toMatch(/^\d+\.\d\d ± \d/);
    expect(ours.cells.at(-1)).toBe("this report: D1 + D3 + D4 → D2");
    expect(beside!.differences[0]).toContain("no evidence of accuracy on any real data set");
    expect(beside!.differences.join(" ")).toContain("trains on CelebA-Spoof beside the named sources");
  });

  test("one source, a source beside the fold's, and what is no fold", () => {
    const single = besidePublished(report("single-source", "D1", "D4"));
    expect(rowOf(single, "FLIP-MCL").cells[2]).toBe("5.69");
    expect(rowOf(single, "FLIP-IT").cells.slice(2, 6)).toEqual(["–", "–", "–", "6.03"]);
    const beside = besidePublished(report("leave-one-out", "D7,D1,D3,D4", "D2"));
    expect(rowOf(beside, "ifas").cells[1]).toBe("D7");
    expect(besidePublished(report("single-source", "D1,D2", "D3"))).toBeNull();
    expect(besidePublished(report("limited-source", "D2,D4", "D3"))).toBeNull();
  });
});
