/** @file The metrics against scikit-learn and FLIP's formula; `fixtures/makeWitness.py` made the figures. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { auc } from "./auc.ts";
import { samplesOf } from "./fixtures/samples.ts";
import { hterFlipGrid } from "./hter.ts";
import { tprAtFpr } from "./tprAtFpr.ts";

interface Witness {
  readonly live: number[];
  readonly spoof: number[];
  readonly auc: number;
  readonly flipHter: number;
  readonly flipThreshold: number;
  readonly tprLive: number;
  readonly tprSpoof: number;
}

const file = new URL("./fixtures/witness.json", import.meta.url);
const cases = JSON.parse(readFileSync(file, "utf8")) as Witness[];

describe.each(cases)("$live.length live, $spoof.length spoof", (witness) => {
  const samples = samplesOf(witness.live, witness.spoof);

  test("AUC equals scikit-learn's", () => {
    expect(auc(samples)).toBeCloseTo(witness.auc, 12);
  });

  test("HTER and threshold equal FLIP's", () => {
    const { hter, threshold } = hterFlipGrid(samples);
    expect([hter, threshold]).toEqual([witness.flipHter, witness.flipThreshold]);
  });

  test("TPR@FPR=1% equals scikit-learn's curve, for either positive class", () => {
    expect(tprAtFpr(samples, { positive: "live" })).toBeCloseTo(witness.tprLive, 12);
    expect(tprAtFpr(samples, { positive: "spoof" })).toBeCloseTo(witness.tprSpoof, 12);
  });
});
