/** @file The report's numbers from invented scores, and what it refuses. */

import { describe, expect, test } from "vitest";
import { auc } from "../metrics/auc.ts";
import { thresholdAtEer } from "../metrics/equalErrorRate.ts";
import { videoScores } from "../metrics/videoScores.ts";
import { buildReport } from "./buildReport.ts";
import { fakeRun, fakeRuns } from "./fixtures/fakeRuns.ts";

const options = { seed: 0, resamples: 20, created: "2026-01-01T00:00:00Z" };
const files = fakeRuns();
const report = buildReport(files, options);

describe("buildReport", () => {
  test("orders the targets naturally and keeps the source apart", () => {
    expect(report.targets).toEqual(["D2", "D3", "D4", "D5", "D6", "D7", "D8", "D9", "D10", "D11", "D12"]);
    expect(report.runs[0]!.domains.map((domain) => domain.role)).toEqual([
      "source",
      ...report.targets.map(() => "target"),
    ]);
  });

  test("takes the threshold on the source's dev split over videos, and each figure over videos", () => {
    const rows = files[0]!.rows;
    const dev = videoScores(rows.filter((row) => row.split === "dev"));
    expect(report.runs[0]!.devThreshold).toBe(thresholdAtEer(dev));
    const d7 = report.runs[0]!.domains.find((domain) => domain.dataset === "D7")!;
    expect(d7.videos.auc).toBe(auc(videoScores(rows.filter((row) => row.dataset === "D7"))));
    expect(d7.frames.auc).toBe(auc(rows.filter((row) => row.dataset === "D7")));
    expect([d7.videos.live, d7.frames.live]).toEqual([24, 48]);
  });

  test("averages the targets only, each counting the same", () => {
    const targets = report.runs[0]!.domains.slice(1).map((domain) => domain.videos.auc!);
    expect(report.runs[0]!.averages.auc).toBeCloseTo(targets.reduce((a, b) => a + b) / 11, 12);
  });

  test("shows eight verdicts of the explaining run, live and spoof in turns over eight targets", () => {
    expect(report.samples.map(({ run, dataset, label }) => [run, dataset, label])).toEqual(
      report.targets.slice(0, 8).map((target, index) => ["ifas", target, index % 2 === 0 ? "live" : "spoof"]),
    );
  });

  test("names runs by seed and gives mean and deviation where a method has several", () => {
    const seeds = [0, 1, 2].map((seed) => fakeRun({ method: "ifas", seed, separation: 2, explains: false }));
    const several = buildReport(seeds, options);
    expect(several.runs.map((run) => run.name)).toEqual(["ifas · seed 0", "ifas · seed 1", "ifas · seed 2"]);
    const values = several.runs.map((run) => run.averages.auc!);
    const mean = values.reduce((a, b) => a + b) / 3;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 2;
    expect(several.spreads[0]!.mean.auc).toBeCloseTo(mean, 12);
    expect(several.spreads[0]!.deviation.auc).toBeCloseTo(Math.sqrt(variance), 12);
  });

  test("a target without live samples has blanks, and so has the mean", () => {
    const rows = files[0]!.rows.filter((row) => row.dataset !== "D5" || row.label === "spoof");
    const run = buildReport([{ ...files[0]!, rows }], options).runs[0]!;
    expect(run.domains.find((domain) => domain.dataset === "D5")!.videos.hterLiterature).toBeNull();
    expect(run.averages.hterLiterature).toBeNull();
    expect(run.averages.apcerMax).not.toBeNull();
  });

  test("without a dev split there is no deployable figure", () => {
    const rows = files[0]!.rows.filter((row) => row.split !== "dev");
    const run = buildReport([{ ...files[0]!, rows }], options).runs[0]!;
    expect([run.devThreshold, run.averages.hterAtDevThreshold, run.averages.bpcer]).toEqual([
      null,
      null,
      null,
    ]);
  });

  test("refuses no files, no targets, other frames, and the same run twice", () => {
    expect(() => buildReport([], options)).toThrow("no score files were given");
    const source = files[0]!.rows.filter((row) => row.dataset === "D1");
    expect(() => buildReport([{ ...files[0]!, rows: source }], options)).toThrow(
      "there is no target to test on",
    );
    const fewer = { ...files[1]!, rows: files[1]!.rows.slice(1) };
    expect(() => buildReport([files[0]!, fewer], options)).toThrow("were scored on different frames");
    expect(() => buildReport([files[0]!, files[0]!], options)).toThrow('are both "ifas · seed 0"');
  });
});
