/** @file The ablation on the page: its rows and effects, and a page of more methods than there are colours. */

import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { ablationTable } from "../../ablation/ablationTable.ts";
import { baselineName, planAblation } from "../../ablation/planAblation.ts";
import { buildReport } from "../buildReport.ts";
import { runMark } from "../charts/drawPlot.ts";
import { fakeRun } from "../fixtures/fakeRuns.ts";
import { percent } from "../formatFigures.ts";
import { methodTable } from "../methodTable.ts";
import { renderHtml } from "../renderHtml.ts";
import { ablationSection } from "./ablationSection.ts";

const options = { seed: 0, resamples: 5 };
const factors = ["captions", "loss", "connector", "decoding"];
const plan = planAblation(factors, "one");
const files = plan.settings.flatMap(({ method }) =>
  [0, 1].map((seed) => {
    const { metadata, rows } = fakeRun({ method, seed, separation: 2, explains: true, subjects: 4 });
    return { metadata: { ...metadata, sources: "D1" }, rows };
  }),
);
const table = ablationTable(
  plan,
  files,
  methodTable(files, { ...options, baseline: baselineName }),
  new Map(),
);
const section = ablationSection(table);

test("a row a level under its factor, full I-FAS marked, with figures, effects and the paper's words", () => {
  const { document } = parseHTML(`<body>${section.html}</body>`);
  const rows = [...document.querySelectorAll("tbody tr")].map((row) => ({
    style: row.className,
    cells: [...row.querySelectorAll("td")].map((cell) => cell.textContent.trim()),
  }));
  expect(rows.filter(({ style }) => style === "group")).toHaveLength(factors.length);
  const settings = rows.filter(({ style }) => style !== "group");
  expect(settings.every(({ cells }) => cells.length === 13)).toBe(true);
  expect(settings.filter(({ style }) => style.endsWith("ours"))).toHaveLength(factors.length);
  const none = settings.find(({ cells }) => cells[0] === "no captions: Yes or No alone")!;
  const { figures } = table.settings.find(({ method }) => method === "captions=none")!;
  expect(none.cells[1]).toContain(percent(figures.mean!.hterLiterature!.mean));
  expect(none.cells[2]).toMatch(/^[+−]?\d+\.\d\d \[/);
  expect(none.cells[12]).toBe("HTER +3.17, AUC −3.30");
});

test("with more methods than colours, bars have names and curves one seed", () => {
  const report = buildReport(files, { ...options, created: "2026-01-01" });
  const page = renderHtml(report, files, { sections: [section] });
  const { document } = parseHTML(page);
  const bars = document.querySelector('svg[aria-label="HTER by domain and method"]')!;
  for (const { method } of plan.settings) expect(bars.textContent).toContain(method);
  const roc = document.querySelector('svg[aria-label="ROC curve of D2"]')!;
  expect(roc.querySelectorAll('[stroke^="var(--run"]').length).toBe(plan.settings.length);
  const marks = plan.settings.map((_, index) => JSON.stringify(runMark(index)));
  expect(new Set(marks).size).toBe(plan.settings.length);
});
