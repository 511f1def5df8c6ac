/** @file The published rows against their own averages. */

import { describe, expect, test } from "vitest";
import { publishedOneToEleven } from "./published.ts";

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
