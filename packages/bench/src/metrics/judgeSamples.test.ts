/** @file All figures together: valid input, stated blanks, refused input. */

import { describe, expect, test } from "vitest";
import { judgeSamples } from "./judgeSamples.ts";
import { samplesOf } from "./fixtures/samples.ts";

const samples = samplesOf([0.9, 0.8, 0.3], [0.1, 0.2, 0.6]);
const options = { devThreshold: 0.5, seed: 1, resamples: 50 };

describe("judgeSamples", () => {
  test("fills every figure when both classes and a dev threshold are there", () => {
    const judgement = judgeSamples(samples, options);
    expect(judgement).toMatchObject({ live: 3, spoof: 3, subjects: 6, apcerMax: 1 / 3, notes: [] });
    expect(judgement.hterAtDevThreshold).toBeCloseTo(1 / 3, 12);
    expect(judgement.auc).toBeCloseTo(8 / 9, 12);
    expect(judgement.tprAtFpr1Live).toBeCloseTo(2 / 3, 12);
    expect(judgement.acerDeprecated).toBeCloseTo(1 / 3, 12);
    expect(judgement.aucInterval!.low).toBeLessThanOrEqual(judgement.auc!);
  });

  test("one class only: blanks with a note, never a number", () => {
    const judgement = judgeSamples(samplesOf([0.9, 0.2], []), options);
    expect(judgement).toMatchObject({ auc: null, eer: null, hterLiterature: null, hterAtDevThreshold: null });
    expect(judgement).toMatchObject({ tprAtFpr1Live: null, apcerMax: null, bpcer: 0.5 });
    expect(judgement.notes).toEqual([
      "HTER, EER, AUC and TPR need both classes: 2 live and 0 spoof samples.",
    ]);
  });

  test("notes the species that only other domains have", () => {
    const judgement = judgeSamples(samples, { ...options, attacks: ["none", "print", "replay"] });
    expect(judgement.notes).toEqual(["APCER of replay: there are no such samples here."]);
    expect(judgement.apcerByAttack).toEqual({ print: 1 / 3 });
  });

  test("without a dev threshold: APCER and BPCER are blank", () => {
    const judgement = judgeSamples(samples, { ...options, devThreshold: null });
    expect(judgement).toMatchObject({
      hterAtDevThreshold: null,
      apcerMax: null,
      bpcer: null,
      apcerByAttack: {},
    });
    expect(judgement.notes[0]).toContain("need a dev threshold");
  });

  test.each([
    ["NaN", { score: Number.NaN }, 'the score of "live0" is NaN'],
    ["a logit", { score: 3.2 }, "scores are P(live) and lie in [0, 1]"],
    ["an unknown label", { label: "real" }, 'the label of "live0" is "real"'],
    ["a live sample with an attack", { attack: "print" }, '"live0" is live with attack "print"'],
    ["a duplicate id", { id: "live1" }, 'the id "live1" occurs twice'],
  ])("refuses %s", (_, change, message) => {
    const broken = [{ ...samples[0]!, ...change }, ...samples.slice(1)] as typeof samples;
    expect(() => judgeSamples(broken, options)).toThrow(message);
  });
});
