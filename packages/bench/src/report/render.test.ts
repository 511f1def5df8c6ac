/** @file The rendered forms: complete, escaped, and asking nothing of the network. */

import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseHTML } from "linkedom";
import { describe, expect, test } from "vitest";
import { buildReport } from "./buildReport.ts";
import { attentionMap } from "./charts/attentionMap.ts";
import { fakeRun, fakeRuns } from "./fixtures/fakeRuns.ts";
import { percent } from "./formatFigures.ts";
import { methodTable } from "./methodTable.ts";
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

describe("renderHtml of several seeds", () => {
  const methods = [0, 1].flatMap((seed) => [
    fakeRun({ method: "ifas", seed, separation: 2.6, explains: true, subjects: 6 }),
    fakeRun({ method: "vit-binary", seed, separation: 1.7, explains: false, subjects: 6 }),
  ]);
  // A target without spoofs, and one without live samples.
  const lacking = methods.map(({ metadata, rows }) => ({
    metadata: { ...metadata, sources: "D1" },
    rows: rows.filter(
      ({ dataset, label }) =>
        (dataset !== "D5" || label === "live") && (dataset !== "D6" || label === "spoof"),
    ),
  }));
  const options = { seed: 0, resamples: 5, created: "2026-01-01T00:00:00Z" };
  const seeds = buildReport(lacking, options);
  const table = methodTable(lacking, options);
  const rendered = renderHtml(seeds, lacking, { table });
  const { document: pageOfSeeds } = parseHTML(rendered);
  const section = (heading: string) =>
    [...pageOfSeeds.querySelectorAll("section")].find((each) =>
      each.querySelector("h2")?.textContent.startsWith(heading),
    )!;
  const rowsOf = (heading: string) =>
    [...section(heading).querySelectorAll("tbody tr")].map((row) =>
      [...row.querySelectorAll("td")].map((cell) => cell.textContent.replaceAll(/\s+/g, " ").trim()),
    );

  test("a tile and a row a method, with mean and deviation over its seeds", () => {
    expect(pageOfSeeds.querySelectorAll(".tile")).toHaveLength(2);
    const [, , , hter] = rowsOf("Results by domain").find(([domain]) => domain === "D2")!;
    const values = seeds.runs
      .filter(({ metadata }) => metadata.method === "ifas")
      .map(({ domains }) => domains.find(({ dataset }) => dataset === "D2")!.videos.hterLiterature!);
    const [first, second] = values as [number, number];
    const spread = Math.abs(first - second) / Math.SQRT2;
    expect(hter).toBe(`${percent((first + second) / 2)}± ${percent(spread, 1)}`);
  });

  test("targets with one class are stated blanks in every table, never a number", () => {
    const compared = rowsOf("Methods compared").find(([method]) => method === "ifas")!;
    // Method, mean, D2, D3, D4, D5, D6, D7.
    expect(compared.map((cell) => cell === "–").slice(0, 8)).toEqual([
      false,
      true,
      false,
      false,
      false,
      true,
      true,
      false,
    ]);
    const results = rowsOf("Results by domain").find(([domain]) => domain === "D5")!;
    expect([results[2], results[3], results[5]]).toEqual(["6 / 0", "–", "–"]);
    expect(section("Results by domain").textContent).toContain(
      "D5: HTER, EER, AUC and TPR need both classes: 6 live and 0 spoof samples.",
    );
    expect(rendered).not.toMatch(/NaN|undefined|Infinity/);
  });

  test("the confusion's rows hold every sentence, its seeds together", () => {
    const all = rowsOf("Which attack is named");
    const total = all.slice(
      all.findIndex(([domain]) => domain === "all targets"),
      -1,
    );
    const counted = total
      .flatMap((row) => row.slice(2, -1))
      .reduce((sum, cell) => sum + (Number(cell) || 0), 0);
    const sentences = seeds.runs.reduce((sum, run) => sum + run.explanations.sentences, 0);
    expect(counted).toBe(sentences);
    expect(all.at(-1)![1]).toBe("precision");
  });
});

test("attention is drawn over the frames that have it, and the scale says what the colours are", () => {
  const [first, ...others] = report.samples;
  const attention = [0.7, 0.1, 0.1, 0.1];
  const { document: shown } = parseHTML(
    renderHtml({ ...report, samples: [{ ...first!, attention }, ...others] }, files, { thumbnails }),
  );
  const heat = [...shown.querySelectorAll("img.heat")];
  expect(heat).toHaveLength(1);
  expect(heat[0]!.getAttribute("alt")).toContain("most at row 1, column 1 of 2");
  expect(heat[0]!.getAttribute("src")).toBe(attentionMap(attention, 2.8));
  expect(shown.querySelector(".ramp")!.textContent).toContain("2.8 ×");
  expect(document.querySelector(".ramp")).toBeNull();
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
