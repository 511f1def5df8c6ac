/** @file Counts, comparisons, their tables and the contact sheet. */
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addProblem, addSkipped, createReport } from "../import/problems.ts";
import type { ManifestRow } from "../manifest/manifest.ts";
import { writeManifest } from "../manifest/writeManifest.ts";
import { compareCounts, countRows } from "./countRows.ts";
import { formatComparison, formatCounts, formatReport, formatTable } from "./formatSummary.ts";
import { inspectManifest } from "./inspectManifest.ts";
import { sampleSheet } from "./sampleSheet.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "candor-inspect-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Rows of OULU-NPU: per video two frames; videos 0 and 3 are live, video 3 is test. */
function rows(): ManifestRow[] {
  return Array.from({ length: 8 }, (_, i): ManifestRow => {
    const video = Math.floor(i / 2);
    const live = video % 3 === 0;
    return {
      id: `r${i}`,
      dataset: "OULU-NPU",
      split: video === 3 ? "test" : "train",
      subject: `s${video % 2}${video === 3 ? "t" : ""}`,
      video: `v${video}`,
      frame: i % 2,
      path: `${i}.png`,
      label: live ? "live" : "spoof",
      attack: live ? "none" : "print",
      attackCode: "x",
      box: i === 0 ? [2, 3, 10, 12] : [0, 0, 20 + i, 30],
      width: 20 + i,
      height: 30,
      sha256: createHash("sha256").update(`${i}`).digest("hex"),
      captionGeneral: "",
      captionSpoof: "",
      scene: "{}",
    };
  });
}

test("subjects, videos and frames are counted by split, label and attack, in the splits' order", () => {
  const lines = countRows(rows().toReversed());
  expect(
    lines.map(({ split, label, attack, subjects, videos, frames }) => [
      split,
      label,
      attack,
      subjects,
      videos,
      frames,
    ]),
  ).toEqual([
    ["train", "live", "none", 1, 1, 2],
    ["train", "spoof", "print", 2, 2, 4],
    ["test", "live", "none", 1, 1, 2],
  ]);
  expect(formatCounts(lines)).toMatch(/OULU-NPU {2}train {2}spoof {2}print {10}2 {7}2 {7}4\n/);
  expect(formatCounts(lines)).toMatch(/\n4 videos, 8 frames$/);
});

test("published counts are compared in their own unit and split, and differences are said", () => {
  const compared = compareCounts(rows(), [
    { label: "live", unit: "videos", count: 2, source: "a" },
    { label: "spoof", unit: "images", count: 5, source: "b" },
    { label: "live", split: "test", unit: "videos", count: 0, source: "c" },
  ]);
  expect(compared.map(({ found }) => found)).toEqual([2, 4, 1]);
  const table = formatComparison(compared);
  expect(table).toMatch(/all live videos +2 +2 +as published +a/);
  expect(table).toMatch(/all spoof images +5 +4 +-1 +b/);
  expect(table).toMatch(/test live videos +0 +1 +\+1 +c/);
});

test("a report names the first of each kind and counts the rest; control characters do not reach the terminal", () => {
  const report = createReport(2);
  expect(formatReport(report)).toBe("no problems");
  for (let i = 0; i < 5; i++) addProblem(report, "missing", `f${i}\u001b[31m`);
  addSkipped(report, "depth");
  addSkipped(report, "depth");
  const text = formatReport(report);
  expect(text).toMatch(/^5 missing: a list names a file that is not there\n {4}f0\uFFFD\[31m\n {4}f1/);
  expect(text).toContain("    and 3 more\nleft out: 2 x depth");
  expect(
    formatTable(
      ["a", "b"],
      [
        ["x", 10],
        ["yy", 9],
      ],
    ),
  ).toBe("a    b\n--  --\nx   10\nyy   9");
});

test("a manifest's summary knows published counts, boxes, sizes and warnings; the sheet draws each group", async () => {
  const all = rows();
  for (const row of all) {
    const image = sharp({
      create: { width: row.width, height: row.height, channels: 3, background: "#884422" },
    });
    await writeFile(join(folder, row.path), await image.png().toBuffer());
  }
  const file = join(folder, "m.arrow");
  await writeManifest(file, all, { source: "test" });
  const summary = await inspectManifest(file);
  expect(summary.boxes).toEqual({ own: 1, whole: 7 });
  expect(summary.sizes).toEqual({ smallest: "20x30", largest: "27x30" });
  expect(summary.metadata).toEqual({ source: "test" });
  expect(summary.comparisons[0]?.counts[0]).toMatchObject({
    label: "live",
    split: "train",
    count: 360,
    found: 1,
  });
  const sheet = join(folder, "sheet.png");
  expect(await sampleSheet(summary.rows, folder, sheet, 3)).toBe(2 + 3 + 2);
  const { width, height } = await sharp(sheet).metadata();
  expect([width, height]).toEqual([280 + 3 * 132, 3 * 132]);
  await expect(sampleSheet([], folder, sheet, 3)).rejects.toThrow("no rows to draw");
  await expect(sampleSheet(all, folder, sheet, 0)).rejects.toThrow(
    "columns must be an integer from 1 to 100, got 0",
  );
});
