/** @file Tests of what the demo shows of a report. */

import { expect, it } from "vitest";
import { describeFigures, describePortraits, describeVerdicts, type DemoReport } from "./demoReport.ts";

const sample = (id: string, score: number, sentence: string | null): DemoReport["samples"][number] => ({
  run: "ifas",
  id,
  dataset: "D3",
  label: "spoof",
  attack: "replay",
  score,
  threshold: 0.4,
  sentence,
});
const report: DemoReport = {
  source: "D1",
  targets: ["D2", "D3"],
  runs: [
    {
      name: "ifas",
      domains: [
        { dataset: "D2", videos: { auc: 0.7 }, frames: { auc: 0.6 } },
        { dataset: "D1", videos: { auc: 0.98765 }, frames: { auc: 0.97 } },
      ],
      averages: { hterLiterature: 0.3125 },
    },
    { name: "vit-binary", domains: [], averages: { hterLiterature: null } },
    {
      name: "one-sided",
      domains: [{ dataset: "D1", videos: { auc: null }, frames: { auc: null } }],
      averages: { hterLiterature: null },
    },
  ],
  samples: [
    sample("bare", 0.4, null),
    ...Array.from({ length: 9 }, (_, index) => sample(`f${index}`, 0.1, "No, this is a screen.")),
  ],
};

it("gives the source's AUC and the mean HTER of each run", () => {
  expect(describeFigures(report)).toEqual([
    "AUC on held-out identities of D1: ifas 0.9877 (per frame 0.9700), vit-binary none, one-sided none (per frame none)",
    "mean literature HTER over the 2 unseen domains: ifas 31.3 %, vit-binary none, one-sided none",
  ]);
});

it("shows eight verdicts, with the sentence, the truth and whether it is right", () => {
  const lines = describeVerdicts(report);
  expect(lines).toHaveLength(16);
  expect(lines.slice(0, 2)).toEqual([
    "D3 f0: spoof, P(live) 0.100; truth spoof, replay; right",
    "    No, this is a screen.",
  ]);
});

it("says so where a verdict is wrong or has no sentence", () => {
  expect(describeVerdicts({ ...report, samples: report.samples.slice(0, 1) })).toEqual([
    "D3 bare: live, P(live) 0.400; truth spoof, replay; wrong",
    "    (this method gives no sentence)",
  ]);
});

it("says of a portrait whether its verdict is right", () => {
  expect(
    describePortraits([
      { image: "a.jpg", verdict: "live", pLive: 0.91, sentence: "Yes." },
      { image: "b.jpg", verdict: "spoof", pLive: 0.21 },
    ]),
  ).toEqual([
    "a.jpg: live, P(live) 0.910; truth live; right",
    "    Yes.",
    "b.jpg: spoof, P(live) 0.210; truth live; wrong",
    "    (this method gives no sentence)",
  ]);
});
