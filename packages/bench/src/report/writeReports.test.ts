/** @file Tables and pages from the score files of one fold, and of several. */

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fakeRun } from "./fixtures/fakeRuns.ts";
import { writeReports } from "./writeReports.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "candor-reports-"));
});
afterAll(() => rm(folder, { recursive: true }));

const run = (seed: number) => fakeRun({ method: "ifas", seed, separation: 2, explains: false, subjects: 6 });
const options = { resamples: 5, seed: 0, commands: ["again"], created: "2026-01-01T00:00:00Z" };

test("one fold: tables and a page in the folder itself", async () => {
  const out = join(folder, "one");
  const { reports } = await writeReports([run(0), run(1)], {
    ...options,
    out,
    foldNotes: ["D13 is left out."],
  });
  expect(reports).toHaveLength(1);
  expect((await readdir(out)).toSorted()).toEqual([
    "report.html",
    "report.json",
    "report.md",
    "table.json",
    "table.md",
    "table.tex",
  ]);
  const table = await readFile(join(out, "table.md"), "utf8");
  expect(table).toContain("## One-to-Eleven");
  expect(table).toContain("- D13 is left out.");
});

test("several folds: a page for each, with the dev rows of every source", async () => {
  const out = join(folder, "several");
  const { metadata, rows } = run(0);
  const fold = (sources: string, target: string) => ({
    metadata: { ...metadata, protocol: "single-source", sources },
    rows: rows.filter((row) => row.dataset === target || sources.split(",").includes(row.dataset)),
  });
  const { reports } = await writeReports([fold("D1", "D2"), fold("D1", "D3"), fold("D1,D2", "D3")], {
    ...options,
    out,
  });
  expect(reports.map(({ source, targets }) => [source, targets])).toEqual([
    ["D1", ["D2"]],
    ["D1", ["D3"]],
    ["D1 + D2", ["D3"]],
  ]);
  expect(reports[2]!.runs[0]!.domains.map(({ dataset, role }) => `${dataset} ${role}`)).toEqual([
    "D1 source",
    "D2 source",
    "D3 target",
  ]);
  const page = await readFile(join(out, "D1+D2-D3", "report.html"), "utf8");
  expect(page).toContain("<title>Candor: One source, one target</title>");
  expect(page).not.toContain("Beside the published figures");
  const pair = await readFile(join(out, "D1-D2", "report.html"), "utf8");
  expect(pair).toContain("Beside the published figures");
  expect(pair).toMatch(
    /<td class="text">FLIP-MCL<\/td>\s*<td class="text">CelebA-Spoof<\/td>\s*<td class="">8\.40<\/td>/,
  );
  const markdown = await readFile(join(out, "D1-D2", "report.md"), "utf8");
  expect(markdown).toContain(
    "| FLIP-MCL | CelebA-Spoof | 8.40 | – | – | 4.84 | FLIP's tables, arXiv:2309.16649 |",
  );
});
