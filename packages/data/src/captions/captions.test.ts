/** @file The caption grammar's promises: names, lengths, a small vocabulary, and the same text from the same numbers. */
import { expect, test } from "vitest";
import { attacks } from "../manifest/manifest.ts";
import type { Attack } from "../manifest/manifest.ts";
import { createRandom, uniform } from "../sampling/random.ts";
import { answerFor, question } from "./answerFor.ts";
import { attackNamed } from "./attackNamed.ts";
import { cuePhrases } from "./captionFacts.ts";
import type { CaptionFacts } from "./captionFacts.ts";
import { captionGeneral } from "./captionGeneral.ts";
import { captionSpoof, templateCaption } from "./captionSpoof.ts";

const cuesOf: Record<Attack, string[]> = {
  none: ["skin texture", "natural eye highlight", "natural depth"],
  print: ["halftone dots", "paper border", "bent paper", "paper glare", "flat shading"],
  replay: ["moire", "screen glare", "bezel", "screen pixels"],
  cutout: ["cut eye holes", "cut edge", "halftone dots", "bent paper"],
  rigidMask: ["hard mask rim", "plastic shine", "frozen mouth"],
  softMask: ["loose mask edge", "rubber skin"],
  partial: ["covered part", "paper glasses"],
};

function factsOf(attack: Attack, seed: number): CaptionFacts {
  const random = createRandom(seed, 99);
  const pickFrom = <T>(list: readonly T[]) => list[Math.floor(uniform(random) * list.length)] as T;
  return {
    label: attack === "none" ? "live" : "spoof",
    attack,
    sex: pickFrom(["female", "male"]),
    ageGroup: pickFrom(["young", "middleAged", "old"]),
    skinTone: pickFrom(["light", "medium", "dark"]),
    hair: pickFrom(["short hair", "long hair", "a ponytail", "no hair"]),
    light: pickFrom(["daylight", "warm lamp light", "low light"]),
    background: pickFrom(["a plain wall", "a dark room", "green trees"]),
    cues: cuesOf[attack].filter(() => uniform(random) < 0.7),
  };
}

function everyCaption(): { attack: Attack; general: string; spoof: string }[] {
  return attacks.flatMap((attack) =>
    Array.from({ length: 400 }, (_, seed) => {
      const random = createRandom(seed);
      const facts = factsOf(attack, seed);
      return {
        attack,
        general: captionGeneral(facts, () => uniform(random)),
        spoof: captionSpoof(facts, () => uniform(random)),
      };
    }),
  );
}

test("every spoof-aware caption names its own attack, also where paper or holes are seen with it", () => {
  const wrong = everyCaption().filter(({ attack, spoof }) => attackNamed(spoof) !== attack);
  expect(wrong).toEqual([]);
});

test("every template names its presentation", () => {
  for (const attack of attacks) expect(attackNamed(templateCaption(attack))).toBe(attack);
});

test("general captions name a spoof seldom, and then the right one", () => {
  const captions = everyCaption();
  const spoofs = captions.filter(({ attack }) => attack !== "none");
  const naming = spoofs.filter(({ general }) => attackNamed(general) !== undefined);
  expect(naming.length / spoofs.length).toBeGreaterThan(0.1);
  expect(naming.length / spoofs.length).toBeLessThan(0.2);
  expect(naming.filter(({ attack, general }) => attackNamed(general) !== attack)).toEqual([]);
  const live = captions.filter(({ attack }) => attack === "none");
  expect(live.filter(({ general }) => attackNamed(general) !== undefined)).toEqual([]);
});

test("captions are short, varied, and speak a small language", () => {
  const texts = everyCaption().flatMap(({ general, spoof }) => [general, spoof]);
  const words = texts.map((text) => text.match(/[\w-]+/g) ?? []);
  expect(Math.max(...words.map((w) => w.length))).toBeLessThanOrEqual(24);
  const vocabulary = new Set(words.flat());
  expect(vocabulary.size).toBeGreaterThan(100);
  expect(vocabulary.size).toBeLessThan(220);
  expect(new Set(texts).size).toBeGreaterThan(2000);
});

test("a transparent mask is named as one, and never as silicone or rubber", () => {
  for (let seed = 0; seed < 60; seed++) {
    const random = createRandom(seed);
    const facts = {
      ...factsOf("softMask", seed),
      transparent: true,
      cues: ["see-through shell", "hard shine"],
    };
    const spoof = captionSpoof(facts, () => uniform(random));
    expect(spoof).toContain("a transparent mask");
    expect(attackNamed(spoof)).toBe("softMask");
    const general = captionGeneral(facts, () => uniform(random));
    expect(`${spoof} ${general}`).not.toMatch(/silicone|rubber/);
  }
});

test("equal random numbers give equal captions", () => {
  expect(everyCaption()).toEqual(everyCaption());
});

test("only cues of the facts are named, at most two, and none is invented", () => {
  const facts = { ...factsOf("print", 1), cues: ["paper border"] };
  for (let seed = 0; seed < 50; seed++) {
    const random = createRandom(seed);
    const text = captionSpoof(facts, () => uniform(random));
    expect(cuePhrases["paper border"]?.some((phrase) => text.includes(phrase))).toBe(true);
    expect(text).not.toMatch(/halftone|bent|moire/);
  }
  expect(captionSpoof({ ...facts, cues: [] }, () => 0.5)).toContain("no clear cue can be seen");
  expect(captionSpoof({ ...facts, cues: ["a torn corner"] }, () => 0.5)).toContain("a torn corner");
});

test("a caption's name decides also where its cues belong to another attack", () => {
  const ids = Object.keys(cuePhrases);
  const wrong = Array.from({ length: 3000 }, (_, seed) => {
    const random = createRandom(seed);
    const attack = attacks[seed % attacks.length] as Attack;
    const cues = [0, 1].map(() => ids[Math.floor(uniform(random) * ids.length)] as string);
    const text = captionSpoof({ ...factsOf(attack, seed), cues }, () => uniform(random));
    return { attack, text };
  }).filter(({ attack, text }) => attackNamed(text) !== attack);
  expect(wrong).toEqual([]);
});

test.each<[string, Attack | undefined]>([
  ["A man holds a tablet; glare from the glossy screen is visible.", "replay"],
  ["This is a printed cut-out photo with holes.", "cutout"],
  ["a moiré pattern and a dark bezel", "replay"],
  ["There is no mask and no screen, this is a real person.", "none"],
  ["The person is not on a screen but behind a silicone mask.", "softMask"],
  ["It is not on a screen.", undefined],
  ["a woman without a mask", undefined],
  ["a printed photo with a hard mask rim and paper glasses", "print"],
  ["a hard mask with the white edge of the paper on paper", "rigidMask"],
  ["wrinkles on paper", "print"],
  ["a mannequin head", "rigidMask"],
  ["a woman in daylight", undefined],
  ["", undefined],
  ["screening inkwell", undefined],
])("%j names %s", (sentence, attack) => {
  expect(attackNamed(sentence)).toBe(attack);
});

test("the answer begins with the judgment", () => {
  const captions = { captionGeneral: "a man.", captionSpoof: "this is a printed photo." };
  expect(question).toBe("Is this photo of a real person?");
  expect(answerFor({ label: "spoof", attack: "print", ...captions })).toBe("No, this is a printed photo.");
  expect(answerFor({ label: "live", attack: "none", ...captions }, "captionGeneral")).toBe("Yes, a man.");
  expect(answerFor({ label: "live", attack: "none", captionGeneral: "", captionSpoof: "" })).toBe("Yes");
  expect(answerFor({ label: "spoof", attack: "replay", ...captions }, "template")).toBe(
    "No, this is a screen replay.",
  );
});
