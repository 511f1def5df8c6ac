/** @file The facts that a caption is made of. */
import type { Attack, Label } from "../manifest/manifest.ts";

/** What is known of one image; captions say nothing that is not here. */
export interface CaptionFacts {
  label: Label;
  attack: Attack;
  sex: "female" | "male";
  ageGroup: "young" | "middleAged" | "old";
  skinTone: "light" | "medium" | "dark";
  /** A noun phrase that follows "with", such as "short hair". */
  hair: string;
  /** A noun phrase that follows "in", such as "daylight". */
  light: string;
  /** A noun phrase that follows "before", such as "a plain wall". */
  background: string;
  /** The cues that can be seen in the image: ids of {@link cuePhrases}, or any other short noun phrase. */
  cues: readonly string[];
  /** A mask that lets the face through. */
  transparent?: boolean;
}

/** The words for a cue id, most common first; an id that is not listed stands for itself. */
export const cuePhrases: Readonly<Record<string, readonly string[]>> = {
  "halftone dots": ["halftone dots", "fine print dots", "a dot pattern of ink"],
  "paper border": ["a white paper border", "the white edge of the paper"],
  "bent paper": ["bent paper", "a curved sheet", "a bend in the paper"],
  "paper glare": ["a shine on the paper", "glossy paper"],
  "flat shading": ["flat shading", "a flat face without depth"],
  moire: ["a moire pattern", "moire waves", "colour waves of a display"],
  "screen glare": ["glare on the screen", "a bright reflection on the glass"],
  bezel: ["a dark bezel", "the black frame of a device"],
  "light bezel": ["a light bezel", "the white frame of a device"],
  "screen pixels": ["a fine pixel grid", "rows of pixels"],
  "cut eye holes": ["cut eye holes", "real eyes behind holes in the paper"],
  "cut edge": ["a white cut edge", "a sharp cut line around the face"],
  "hard mask rim": ["a hard mask rim", "a clear rim around the mask"],
  "plastic shine": ["a plastic shine", "shiny plastic skin"],
  "frozen mouth": ["a frozen mouth", "stiff lips"],
  "loose mask edge": ["a loose edge at the neck", "soft folds at the edge"],
  "rubber skin": ["even rubber skin", "skin without pores"],
  "see-through shell": ["a see-through shell", "the face below clear resin"],
  "hard shine": ["a hard shine over the whole face", "reflections on a smooth shell"],
  "covered part": ["a covered part of the face", "a strip over the face"],
  "paper glasses": ["paper glasses", "flat eyes on paper"],
  "skin texture": ["natural skin texture", "fine skin detail", "pores of the skin"],
  "natural eye highlight": ["bright highlights in the eyes", "natural light in the eyes", "moist eyes"],
  "natural depth": ["natural depth of the face", "soft shadows of the nose and chin"],
};

/** The ids of {@link cuePhrases} that each attack can show. */
export const cuesOfAttack: Readonly<Record<Attack, readonly string[]>> = {
  none: ["skin texture", "natural eye highlight", "natural depth"],
  print: ["halftone dots", "paper border", "bent paper", "paper glare", "flat shading"],
  replay: ["moire", "screen glare", "bezel", "light bezel", "screen pixels"],
  cutout: ["cut eye holes", "cut edge", "halftone dots", "bent paper"],
  rigidMask: ["hard mask rim", "plastic shine", "frozen mouth"],
  softMask: ["loose mask edge", "rubber skin", "see-through shell", "hard shine", "hard mask rim"],
  partial: ["covered part", "paper glasses", "cut edge"],
};

/** The cues that a live face shows where the facts name none. */
export const liveCues: readonly string[] = ["skin texture", "natural eye highlight", "natural depth"];

/** A source of uniform numbers in [0, 1). */
export type Uniform = () => number;

/**
 * One element of a list, by one uniform number.
 * @param list at least one element
 * @param random uniform numbers in [0, 1)
 */
export function pick<T>(list: readonly T[], random: Uniform): T {
  return list[Math.floor(random() * list.length)] as T;
}

/**
 * The person as a noun phrase, such as "an old man".
 * @param facts sex and age group are used
 */
export function personPhrase(facts: Pick<CaptionFacts, "sex" | "ageGroup">): string {
  const noun = facts.sex === "female" ? "woman" : "man";
  if (facts.ageGroup === "old") return `an old ${noun}`;
  return facts.ageGroup === "young" ? `a young ${noun}` : `a middle-aged ${noun}`;
}
