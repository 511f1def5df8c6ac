/** @file Tables over seeds from invented score files. */

import { describe, expect, test } from "vitest";
import { groupBy } from "../metrics/groupBy.ts";
import { mean } from "../metrics/mean.ts";
import { percentileInterval, subjectBootstrap, type DomainRuns } from "../metrics/paired/subjectBootstrap.ts";
import { tprAtFpr } from "../metrics/tprAtFpr.ts";
import { videoScores } from "../metrics/videoScores.ts";
import type { ScoreFile } from "../scores/scoreFile.ts";
import { buildReport } from "./buildReport.ts";
import { fakeRun } from "./fixtures/fakeRuns.ts";
import { methodTable } from "./methodTable.ts";
import { renderMethodLatex, renderMethodMarkdown } from "./renderMethodTable.ts";

const run = (method: string, seed: number, separation: number): ScoreFile => {
  const file = fakeRun({ method, seed, separation, explains: false, subjects: 10 });
  return { ...file, metadata: { ...file.metadata, protocol: "one-to-eleven", sources: "D1" } };
};
const files = [run("a_strong", 0, 3), run("a_strong", 1, 3), run("weak", 0, 0.8), run("weak", 1, 0.8)];
const options = { resamples: 40, seed: 1 };
const table = methodTable(files, { ...options, baseline: "weak" });
const tpr = (drawn: readonly DomainRuns[]) => mean(drawn.map(([run]) => tprAtFpr(run!)));

describe("methodTable", () => {
  test("means over seeds and targets are those of the report of each run", () => {
    const report = buildReport(files.slice(0, 2), { seed: 1, resamples: 0, created: "" });
    const [strong] = table.rows;
    expect(table.columns).toHaveLength(11);
    expect(strong!.seeds).toEqual(["0", "1"]);
    for (const key of ["hterLiterature", "hterAtDevThreshold", "auc", "tprAtFpr1Live"] as const) {
      const values = report.runs.map(({ averages }) => averages[key]!);
      const figure = strong!.mean![key]!;
      expect(figure.mean).toBeCloseTo((values[0]! + values[1]!) / 2, 12);
      expect(figure.deviation).toBeCloseTo(Math.abs(values[0]! - values[1]!) / Math.SQRT2, 12);
      if (key === "tprAtFpr1Live") expect(figure.interval).toBeNull();
      else expect(figure.interval!.low).toBeLessThanOrEqual(figure.mean);
    }
    expect(strong!.cells[0]!.auc!.values[1]).toBeCloseTo(report.runs[1]!.domains[1]!.videos.auc!, 12);
  });

  test("has no interval of TPR@FPR=1%, which would leave its own mean out", () => {
    // In each target one of ten subjects fools the method; who is drawn without that subject finds it perfect.
    const fooled = {
      ...files[2]!,
      rows: files[2]!.rows.map((row) => ({
        ...row,
        score: row.label === "live" ? 0.8 : row.subject === "test0" ? 0.9 : 0.1,
      })),
    };
    const targets = groupBy(
      fooled.rows.filter(({ dataset }) => dataset !== "D1"),
      ({ dataset }) => dataset,
    );
    const domains = [...targets.values()].map((rows) => [videoScores(rows)]);
    expect(tpr(domains)).toBe(0);
    const drawn = subjectBootstrap(domains, tpr, { resamples: 200, seed: 1 })!;
    expect(percentileInterval(drawn).low).toBeGreaterThan(0);
    const [row] = methodTable([fooled], options).rows;
    for (const cell of [row!.mean, ...row!.cells]) {
      expect(cell!.tprAtFpr1Live).toMatchObject({ mean: 0, interval: null });
      expect(cell!.auc!.interval!.low).toBeLessThanOrEqual(cell!.auc!.mean);
    }
  });

  test("tests each method against the baseline over all targets", () => {
    const [strong, weak] = table.rows;
    expect(weak!.against).toBeNull();
    expect(strong!.against!.auc.difference).toBeCloseTo(strong!.mean!.auc!.mean - weak!.mean!.auc!.mean, 12);
    expect(strong!.against!.auc.interval!.low).toBeGreaterThan(0);
  });

  test("is the same from files in another order", () => {
    expect(
      methodTable(files.toReversed(), { ...options, baseline: "weak" }).rows[0]!.mean!.auc!.mean,
    ).toBeCloseTo(table.rows[0]!.mean!.auc!.mean, 12);
  });

  test("blanks: one seed, a missing target, no dev rows", () => {
    const short = {
      ...files[3]!,
      rows: files[3]!.rows.filter((row) => row.dataset !== "D7" && row.split !== "dev"),
    };
    const { rows, notes } = methodTable([files[0]!, files[2]!, short], { resamples: 0, seed: 1 });
    expect(rows[0]!.mean!.auc).toMatchObject({ deviation: null, interval: null });
    expect(rows[1]!.mean).toBeNull();
    expect(rows[1]!.cells[1]!.hterAtDevThreshold).toBeNull();
    expect(notes).toEqual(["weak lacks seeds in D1 → D7."]);
  });

  test("refuses nothing, the same run twice, and an unknown baseline", () => {
    expect(() => methodTable([], options)).toThrow("no score files were given");
    expect(() => methodTable([files[0]!, files[0]!], options)).toThrow(
      "two score files are a_strong, seed 0, D1 → D2",
    );
    expect(() => methodTable(files, { ...options, baseline: "x" })).toThrow(
      'no scores of the baseline "x"; there are a_strong, weak',
    );
  });
});

describe("rendering", () => {
  test("Markdown names units, seeds, intervals and positive class", () => {
    const text = renderMethodMarkdown(table);
    expect(text).toContain("### TPR@FPR=1%, positive = live");
    expect(text).toMatch(/\| a_strong \| 0, 1 \| \d+\.\d\d ± \d+\.\d\d \[\d+\.\d, \d+\.\d\] \|/);
    expect(text).toContain("### Against weak");
    expect(text).toContain("Per video; mean ± sample standard deviation over seeds.");
    const tpr = text.slice(text.indexOf("### TPR@FPR=1%"), text.indexOf("### Against weak"));
    expect(tpr).not.toContain("[");
    expect(text).toContain("TPR@FPR=1% has no interval: of fewer than 100 spoofs none may be accepted");
  });

  test("LaTeX escapes names and sets the better mean in bold", () => {
    const text = renderMethodLatex(table);
    expect(text.match(/\\begin\{tabular\}\{lr{12}\}/g)).toHaveLength(4);
    expect(text).toMatch(/a\\_strong & \\textbf\{\d+\.\d\d\}\\,\{\\scriptsize\$\\pm\$\d+\.\d\d\}/);
    expect(text.replace(/^%.*/, "")).not.toMatch(/[^\\][%_]/);
  });

  test("sources stand in the heads where columns differ in them", () => {
    const other = { ...files[0]!, metadata: { ...files[0]!.metadata, sources: "D1,D2" } };
    const text = renderMethodMarkdown(methodTable([files[0]!, other], { resamples: 0, seed: 1 }));
    expect(text).toContain("| D1 → D2 |");
    expect(text).toContain("| D1 + D2 → D3 |");
  });
});
