/** @file The figures against scikit-learn, SciPy and the published formulas; `tools/witness/metrics.py` made them. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { readScoreCsv } from "../scores/readScoreCsv.ts";
import type { ScoreRow } from "../scores/scoreFile.ts";
import { conventions } from "./conventions/conventions.ts";
import { thresholdAtEer } from "./equalErrorRate.ts";
import { judgeSamples } from "./judgeSamples.ts";
import { delongTest } from "./paired/delong.ts";
import { mcnemarTest } from "./paired/mcnemar.ts";
import type { ScoredSample } from "./scoredSample.ts";
import { videoScores } from "./videoScores.ts";

type Figures = Readonly<Record<string, number>>;
type ConventionName = keyof typeof conventions;

interface Witness {
  readonly devThreshold: number;
  readonly datasets: Readonly<
    Record<
      string,
      Readonly<Record<ConventionName, Figures>> & {
        readonly candor: Figures & { readonly apcerByAttack: Figures };
        readonly delong: Figures;
        readonly mcnemar: Figures;
      }
    >
  >;
}

const file = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const witness = JSON.parse(readFileSync(file("witness.json"), "utf8")) as Witness;
const names = Object.keys(witness.datasets);

let first: readonly ScoreRow[] = [];
let second: readonly ScoreRow[] = [];
beforeAll(async () => {
  first = (await readScoreCsv(file("witness.csv"))).rows;
  second = (await readScoreCsv(file("witnessOther.csv"))).rows;
});

const dev = (rows: readonly ScoreRow[]) =>
  thresholdAtEer(videoScores(rows.filter((row) => row.split === "dev")));
const videosOf = (rows: readonly ScoreRow[], dataset: string): ScoredSample[] =>
  videoScores(rows.filter((row) => row.dataset === dataset));

// Twelve decimals where the last bit depends on the order of additions; the published loops must agree to the bit.
function expectClose(actual: Readonly<Record<string, unknown>>, expected: Figures): void {
  for (const [key, value] of Object.entries(expected)) {
    expect(actual[key] as number, key).toBeCloseTo(value, 12);
  }
}

describe.each(names)("%s", (name) => {
  const expected = witness.datasets[name]!;

  test("Candor's own figures", () => {
    const devThreshold = dev(first);
    expect(devThreshold).toBe(witness.devThreshold);
    const judged = judgeSamples(videosOf(first, name), { devThreshold, seed: 0, resamples: 0 });
    const { apcerByAttack, ...others } = expected.candor;
    expectClose({ ...judged }, others as unknown as Figures);
    expectClose(judged.apcerByAttack, apcerByAttack);
    expect(Object.keys(judged.apcerByAttack)).toEqual(Object.keys(apcerByAttack));
  });

  test.each(Object.keys(conventions) as ConventionName[])("the convention %s", (convention) => {
    const figures = conventions[convention].figures(videosOf(first, name));
    const values = Object.fromEntries(figures.map(({ key, value }) => [key, value]));
    const { auc, ...exact } = expected[convention];
    if (auc !== undefined) expect(values["auc"]).toBeCloseTo(auc, 12);
    for (const [key, value] of Object.entries(exact)) expect([key, values[key]]).toEqual([key, value]);
    expect(figures).toHaveLength(Object.keys(expected[convention]).length);
  });

  test("DeLong's and McNemar's tests", () => {
    const [a, b] = [videosOf(first, name), videosOf(second, name)];
    expectClose({ ...delongTest(a, b) }, expected.delong);
    expectClose({ ...mcnemarTest(a, b, [dev(first), dev(second)]) }, expected.mcnemar);
  });
});
