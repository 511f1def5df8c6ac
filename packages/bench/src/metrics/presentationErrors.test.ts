/** @file APCER per species, its maximum, BPCER. */

import { describe, expect, test } from "vitest";
import { presentationErrors } from "./presentationErrors.ts";
import type { ScoredSample } from "./scoredSample.ts";

const sample = (attack: string, score: number, index: number): ScoredSample => ({
  id: `${attack}${index}`,
  subject: "s",
  video: `${attack}${index}`,
  label: attack === "none" ? "live" : "spoof",
  attack,
  score,
});

const samples = [
  ...[0.9, 0.8, 0.4, 0.7].map((score, index) => sample("none", score, index)),
  ...[0.1, 0.2, 0.3, 0.6].map((score, index) => sample("print", score, index)),
  ...[0.5, 0.2].map((score, index) => sample("softMask", score, index)),
];

describe("presentationErrors", () => {
  test("reports each species and the worst, which a pooled rate would hide", () => {
    expect(presentationErrors(samples, 0.5)).toEqual({
      threshold: 0.5,
      apcerByAttack: { print: 0.25, softMask: 0.5 },
      apcerMax: 0.5,
      worstAttack: "softMask",
      bpcer: 0.25,
    });
  });

  test("leaves blank what has no samples", () => {
    const live = samples.filter(({ label }) => label === "live");
    expect(presentationErrors(live, 0.5)).toMatchObject({ apcerMax: null, worstAttack: null, bpcer: 0.25 });
    const spoof = samples.filter(({ label }) => label === "spoof");
    expect(presentationErrors(spoof, 0.5)).toMatchObject({ bpcer: null, worstAttack: "softMask" });
  });

  test("refuses NaN", () => {
    expect(() => presentationErrors([sample("print", Number.NaN, 0)], 0.5)).toThrow('score NaN of "print0"');
    expect(() => presentationErrors(samples, Number.NaN)).toThrow("at threshold NaN");
  });
});
