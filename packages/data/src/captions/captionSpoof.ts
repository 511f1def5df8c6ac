/** @file What the spoof-aware captioner says: the presentation by name, and the cues that can be seen. */
import type { Attack } from "../manifest/manifest.ts";
import { cuePhrases, liveCues, personPhrase, pick } from "./captionFacts.ts";
import type { CaptionFacts, Uniform } from "./captionFacts.ts";

/** The names of each presentation; every one is also a name in {@link attackKeywords}. */
const presentationNames: Readonly<Record<Attack, readonly string[]>> = {
  none: ["a live face", "a live person", "a real person"],
  print: ["a printed photo", "a photo print", "a photo on paper"],
  replay: ["a screen replay", "a photo on a screen", "a face on a display"],
  cutout: ["a cut-out photo", "a paper cut-out", "a paper mask"],
  rigidMask: ["a rigid mask", "a hard mask", "a hard plastic mask"],
  softMask: ["a soft mask", "a silicone mask", "a rubber mask"],
  partial: ["a partly covered face", "a partially covered face"],
};

/** The names of a soft mask that lets the face through. */
const transparentNames = ["a transparent mask"];

/** How the person belongs to the presentation. */
const personLinks: Readonly<Record<Exclude<Attack, "none">, string>> = {
  print: "showing",
  replay: "showing",
  cutout: "showing",
  rigidMask: "worn by",
  softMask: "worn by",
  partial: "that of",
};

/**
 * A spoof-aware caption, as step 4 of SCF gives it (I-FAS, arXiv 2501.01720).
 *
 * Unlike the paper, live images are captioned with live cues too: our choice, so that both verdicts are explained.
 * @param facts what is known of the image
 * @param random uniform numbers; equal numbers give equal captions
 * @returns one lower-case sentence of at most 24 words (noun phrases of the facts being short) that names the
 *   presentation and up to two cues
 */
export function captionSpoof(facts: CaptionFacts, random: Uniform): string {
  const name = pick(facts.transparent ? transparentNames : presentationNames[facts.attack], random);
  const seen = facts.label === "live" && facts.cues.length === 0 ? liveCues : facts.cues;
  const cues = chooseCues(seen, random).map((cue) => pick(cuePhrases[cue] ?? [cue], random));
  if (cues.length === 0) return `this is ${name}, but no clear cue can be seen.`;
  const list = cues.join(" and ");
  // Two cues and a person together would be longer than a sentence of this small language may be.
  if (cues.length === 1 && facts.attack !== "none") {
    return `this is ${name}, ${personLinks[facts.attack]} ${personPhrase(facts)}: ${list} can be seen.`;
  }
  const sentences = [
    `this is ${name}: ${list} can be seen.`,
    `this is ${name} with ${list}.`,
    `this is ${name}, shown by ${list}.`,
    `the camera sees ${name} with ${list}.`,
  ];
  return pick(sentences, random);
}

/**
 * The class template of a presentation, the ablation of spoof-aware captions: its name, and nothing that is seen.
 * @param attack "none" for a live face
 */
export function templateCaption(attack: Attack): string {
  return `this is ${presentationNames[attack][0]}.`;
}

/** One or two of the cues, each at most once. */
function chooseCues(cues: readonly string[], random: Uniform): string[] {
  const rest = [...cues];
  const chosen: string[] = [];
  const wanted = random() < 0.25 ? 1 : 2;
  while (rest.length > 0 && chosen.length < wanted) {
    chosen.push(...rest.splice(Math.floor(random() * rest.length), 1));
  }
  return chosen;
}
