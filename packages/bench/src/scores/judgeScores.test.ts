/** @file Whole score files: thresholds from dev rows, stated blanks, and what is refused. */

import { describe, expect, test } from "vitest";
import { renderComparison } from "../report/renderComparison.ts";
import { compareScores } from "./compareScores.ts";
import { judgeByConvention, judgeScores, testedScores } from "./judgeScores.ts";
import type { ScoreRow } from "./scoreFile.ts";

// "live 0.9 A v1" reads as: label or attack, score, data set, video; a fifth word is the split.
function rows(...texts: string[]): ScoreRow[] {
  return texts.map((text, index) => {
    const [kind = "", score, dataset = "A", video = `v${index}`, split = "test"] = text.split(" ");
    const label = kind === "live" ? "live" : "spoof";
    const attack = kind === "live" ? "none" : kind;
    const id = `${dataset}/${split}/${video}/${index}`;
    const part = split as ScoreRow["split"];
    const origin = { id, dataset, split: part, subject: video, video, frame: index };
    return { ...origin, label, attack, score: Number(score), sentence: null };
  });
}

const video = { unit: "video" } as const;
const options = { seed: 0, resamples: 0 };
const good = rows("live 0.9", "live 0.7", "print 0.2", "print 0.4");

describe("testedScores", () => {
  test("averages videos, or leaves frames", () => {
    const frames = rows("live 0.9 A v", "live 0.5 A v", "print 0.2");
    expect(
      testedScores(frames, video)
        .tested.get("A")!
        .map(({ score }) => score),
    ).toEqual([0.7, 0.2]);
    expect(testedScores(frames, { unit: "frame" }).tested.get("A")).toHaveLength(3);
  });

  test("takes the threshold from the dev rows of every source, or as given", () => {
    const dev = rows("live 0.8 S a", "print 0.6 S b", "live 0.9 T a", "print 0.1 T b");
    expect(testedScores(good, { ...video, dev })).toMatchObject({ devThreshold: 0.7, devSamples: 4 });
    expect(testedScores(good, { ...video, dev, threshold: 0.1 }).devThreshold).toBe(0.1);
    expect(testedScores(good, video)).toMatchObject({ devThreshold: null, devSamples: 0 });
  });

  test.each([
    ["no test rows", rows("live 0.9 A v dev"), [], 'no rows with split "test"'],
    ["dev rows that are tested", good, good.slice(0, 1), "is a dev row and a test row"],
    ["dev rows of one class", good, rows("live 0.9 S a"), "[thresholdAtEer] needs both classes"],
    ["a video of two labels", rows("live 0.9 A v", "print 0.1 A v"), [], 'video "v": frame'],
  ])("refuses %s", (_, tested, dev, message) => {
    expect(() => testedScores(tested, { ...video, dev })).toThrow(message);
  });
});

describe("judgeScores", () => {
  test("a data set without one kind of spoof, and one without spoofs, have stated blanks", () => {
    const scores = testedScores(
      rows("live 0.9", "print 0.2", "replay 0.3", "live 0.9 B", "print 0.1 B", "live 0.4 C"),
      { ...video, threshold: 0.5 },
    );
    const [a, b, c] = judgeScores(scores, options);
    expect(a!.notes).toEqual([]);
    expect(b!.notes).toEqual(["APCER of replay: there are no such samples here."]);
    expect(c).toMatchObject({
      auc: null,
      hterLiterature: null,
      apcerMax: null,
      bpcer: 1,
      acerDeprecated: null,
    });
    expect(c!.notes).toHaveLength(2);
  });
});

describe("judgeByConvention", () => {
  test("is blank, with a note, where a class is missing", () => {
    const scores = testedScores([...good, ...rows("live 0.4 C")], video);
    const [a, c] = judgeByConvention("ssan", scores);
    expect(a!.positive).toBe("spoof");
    expect(a!.figures.find(({ key }) => key === "hter")!.value).toBe(0);
    expect(c).toMatchObject({
      figures: [],
      notes: ["every figure needs both classes: 1 live and 0 spoof samples."],
    });
  });
});

describe("compareScores", () => {
  const worse = good.map((row) => (row.score === 0.7 ? { ...row, score: 0.3 } : row));

  test("gives differences, first minus second, and a stated blank for what has one class", () => {
    const [first, second] = [good, worse].map((scored) =>
      testedScores([...scored, ...rows("live 0.4 C")], { ...video, threshold: 0.5 }),
    ) as [ReturnType<typeof testedScores>, ReturnType<typeof testedScores>];
    const comparisons = compareScores(first, second, { resamples: 50, seed: 1 });
    expect(comparisons).toHaveLength(2);
    expect(comparisons[0]).toMatchObject({
      dataset: "A",
      notes: [],
      mcnemar: { firstOnlyRight: 1, secondOnlyRight: 0 },
    });
    expect(comparisons[0]!.auc!.difference).toBeCloseTo(0.25, 12);
    expect(comparisons[0]!.delong!.difference).toBeCloseTo(0.25, 12);
    const why = "AUC, HTER and DeLong's test need both classes: 1 live and 0 spoof samples.";
    expect(comparisons[1]).toEqual({
      dataset: "C",
      auc: null,
      hterLiterature: null,
      delong: null,
      mcnemar: { firstOnlyRight: 0, secondOnlyRight: 0, p: 1 },
      notes: [why],
    });
    const text = renderComparison(comparisons[1]!);
    expect(text).toMatch(/^C: .*\n {2}AUC +–\n {2}HTER, literature +–\n/);
    expect(text).toContain(`note: ${why}`);
  });

  test("states its blanks and refuses other data", () => {
    const scores = testedScores(good, video);
    const [comparison] = compareScores(scores, scores, { resamples: 5, seed: 1 });
    expect(comparison!.mcnemar).toBeNull();
    expect(comparison!.notes).toEqual(["McNemar's test needs a dev threshold of both methods."]);
    const other = testedScores([...good, ...rows("live 0.4 C")], video);
    expect(() => compareScores(scores, other, { resamples: 5, seed: 1 })).toThrow(
      'one of the files tests "C"',
    );
  });
});
