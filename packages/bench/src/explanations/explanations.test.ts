/** @file Sentence figures on sentences whose answers are known. */

import { describe, expect, test } from "vitest";
import type { ScoreRow } from "../scores/scoreFile.ts";
import { distinctN } from "./distinctN.ts";
import { addConfusions, judgeExplanations, namingFigures, unnamed } from "./judgeExplanations.ts";

let count = 0;
function row(attack: string, score: number, sentence: string | null): ScoreRow {
  const id = `f${count++}`;
  const label = attack === "none" ? "live" : "spoof";
  return {
    id,
    dataset: "D2",
    split: "test",
    subject: id,
    video: id,
    frame: 0,
    label,
    attack,
    score,
    sentence,
  };
}

describe("judgeExplanations", () => {
  test("counts the named presentation against the truth and against the verdict", () => {
    const figures = judgeExplanations(
      [
        row("print", 0.1, "No, this is a printed photo with halftone dots."), // right, agrees
        row("replay", 0.2, "No, this is a printed photo with halftone dots."), // wrong attack, agrees
        row("replay", 0.9, "Yes, this is a live face with natural skin texture."), // wrong, agrees with a wrong verdict
        row("none", 0.8, "No, this is a screen replay with a moire pattern."), // wrong, contradicts its verdict
        row("none", 0.7, "Yes, hello."), // names nothing
        row("none", 0.7, null),
      ],
      0.5,
    );
    expect(figures).toMatchObject({
      sentences: 5,
      namedRight: 1 / 5,
      attackNamedRight: 1 / 3,
      // Two prints dealt out to a print and a replay of the same verdict: one is right; the third says live.
      attackNamedByChance: 1 / 3,
      named: 4 / 5,
      agreement: 3 / 4,
      distinctSentences: 4 / 5,
      // 4 different ones of 5; print, live, replay and nothing are named.
      templateToFree: 0,
      confusion: {
        none: { replay: 1, nothing: 1 },
        print: { print: 1 },
        replay: { print: 1, none: 1 },
      },
      byAttack: {
        none: { precision: 0, recall: 0 },
        print: { precision: 1 / 2, recall: 1 },
        replay: { precision: 0, recall: 0 },
      },
    });
    expect(judgeExplanations([row("none", 0.2, "No, a screen replay.")], 0.5).byAttack["replay"]).toEqual({
      precision: 0,
      recall: null,
    });
  });

  test("is blank without sentences", () => {
    expect(judgeExplanations([row("none", 0.5, null)], 0.5)).toEqual({
      sentences: 0,
      namedRight: null,
      attackNamedRight: null,
      attackNamedByChance: null,
      named: null,
      agreement: null,
      distinct1: null,
      distinct2: null,
      distinctSentences: null,
      templateToFree: null,
      confusion: {},
      byAttack: {},
    });
  });
});

function scale(...sentences: string[]): number | null {
  return judgeExplanations(
    sentences.map((sentence) => row("print", 0.1, sentence)),
    0.5,
  ).templateToFree;
}

test("the scale runs from one sentence a presentation to none said twice", () => {
  const print = "No, this is a printed photo.";
  const replay = "No, this is a screen replay.";
  expect(scale(print, replay, print, replay)).toBe(0);
  expect(scale(print, replay, `${print} Flat.`, replay)).toBe(1 / 2);
  expect(scale(print, replay, `${print} Flat.`, `${replay} Bright.`)).toBe(1);
  expect(scale(print, replay)).toBeNull();
});

test("confusions of several seeds add up", () => {
  const first = judgeExplanations([row("print", 0.1, "No, this is a printed photo.")], 0.5).confusion;
  const second = judgeExplanations(
    [row("print", 0.1, "No, a screen replay."), row("none", 0.1, "Yes, hello.")],
    0.5,
  ).confusion;
  const total = addConfusions([first, second]);
  expect(total).toEqual({ print: { print: 1, replay: 1 }, none: { [unnamed]: 1 } });
  expect(namingFigures(total)["print"]).toEqual({ precision: 1, recall: 1 / 2 });
});

describe("distinctN", () => {
  test("counts different grams over all grams, within sentences only", () => {
    expect(distinctN(["a b a", "A b"], 1)).toBe(2 / 5);
    expect(distinctN(["a b a", "A b"], 2)).toBe(2 / 3);
    expect(distinctN(["a"], 2)).toBeNull();
  });
});
