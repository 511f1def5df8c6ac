/** @file The rendered forms: complete, escaped, and asking nothing of the network. */

import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseHTML } from "linkedom";
import { describe, expect, test } from "vitest";
import { buildReport } from "./buildReport.ts";
import { fakeRuns } from "./fixtures/fakeRuns.ts";
import { percent } from "./formatFigures.ts";
import { renderHtml } from "./renderHtml.ts";
import { renderMarkdown } from "./renderMarkdown.ts";
import { renderTerminal } from "./renderTerminal.ts";
import { writeReport } from "./writeReport.ts";

const hostile = `<script>alert("x")</script> & 'more' | "so"`;
const files = fakeRuns().map((file) => ({
  ...file,
  rows: file.rows.map((row) =>
    row.sentence === null ? row : { ...row, sentence: `${row.sentence} ${hostile}` },
  ),
}));
const report = buildReport(files, {
  seed: 0,
  resamples: 20,
  created: "2026-01-01T00:00:00Z",
  commands: ["run <me>"],
});
const thumbnails = new Map([[report.samples[0]!.id, "data:image/jpeg;base64,AAAA"]]);
const page = renderHtml(report, files, { thumbnails });
const { document } = parseHTML(page);

describe("renderHtml", () => {
  test("asks nothing of the network and runs nothing", () => {
    expect(page).not.toMatch(/(?:src|href)="(?!data:|#)/);
    expect(page).not.toMatch(/url\(|@import|https?:\/\/(?!www\.w3\.org)/);
    expect(document.querySelector("script")).toBeNull();
  });

  test("escapes sentences and commands", () => {
    expect(document.querySelector("blockquote")!.textContent).toContain(hostile);
    expect(document.querySelector("pre code")!.textContent).toBe("run <me>");
  });

  test("names threshold and positive class in the heads", () => {
    const heads = [...document.querySelector("table")!.querySelectorAll("th")].map(
      (head) => head.textContent,
    );
    expect(heads.slice(3)).toEqual([
      "HTER, literature",
      "HTER, dev threshold",
      "AUC",
      "TPR@FPR=1%, positive = live",
      "APCER, worst attack",
      "BPCER",
    ]);
  });

  test("prints each run's figures: a row a domain and a mean", () => {
    const rows = [...document.querySelector("table")!.querySelectorAll("tbody tr")];
    expect(rows).toHaveLength(2 * 12 + 2);
    expect(rows.at(-2)!.textContent).toContain(percent(report.runs[0]!.averages.hterLiterature));
  });

  test("draws ROC, DET and a histogram a method for each domain, bars and a scale, all labelled", () => {
    const plots = [...document.querySelectorAll("svg[role=img]")];
    // HTER bars, the published ones, and the scale from template to free text.
    expect(plots.length).toBe(3 + 12 + 12 + 2 * 12);
    expect(plots.every((plot) => plot.getAttribute("aria-label"))).toBe(true);
    expect(page).not.toContain("NaN");
  });

  test("shows a thumbnail where there is one and a stated blank where not", () => {
    expect(document.querySelectorAll(".card img")).toHaveLength(1);
    expect(document.querySelectorAll(".card .blank")).toHaveLength(7);
  });

  test("says that the domains are rendered, and only if they are", () => {
    expect(document.querySelector(".warning")!.textContent).toContain(
      "no evidence of accuracy on any real data set",
    );
    const real = renderHtml({ ...report, rendered: false }, files);
    expect(real).not.toContain("All faces here are computer-drawn");
  });
});

describe("renderMarkdown", () => {
  const text = renderMarkdown(report);

  test("every table line has the cells of its head, though sentences hold pipes", () => {
    const lines = text.split("\n");
    let width = 0;
    for (const line of lines) {
      const cells = line.startsWith("|") ? line.split(/(?<!\\)\|/).length : 0;
      if (cells > 0 && width > 0) expect(cells).toBe(width);
      width = cells;
    }
    expect(text).toContain("TPR@FPR=1%, positive = live");
    expect(text).toContain("| FLIP | 11 real data sets | 18.73 | 87.90 |");
  });
});

describe("renderTerminal", () => {
  test("is a block a run, aligned, with the mean", () => {
    const text = renderTerminal(report);
    const tables = text.split("\n").filter((line) => /^(?:D\d|mean|domain)/.test(line));
    expect(new Set(tables.map((line) => line.length)).size).toBe(1);
    expect(tables).toHaveLength(2 * 14);
    expect(tables[0]!.length).toBeLessThanOrEqual(80);
    expect(text).toContain("Rendered domains: no evidence");
  });
});

describe("writeReport", () => {
  test("writes three files", async () => {
    const folder = await mkdtemp(join(tmpdir(), "candor-report-"));
    await writeReport(folder, report, files);
    expect((await readdir(folder)).toSorted()).toEqual(["report.html", "report.json", "report.md"]);
    await rm(folder, { recursive: true });
  });
});
