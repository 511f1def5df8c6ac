/** @file What a general captioner says of an image: who, in which light, before what, and seldom that it is no person. */
import type { Attack } from "../manifest/manifest.ts";
import { personPhrase, pick } from "./captionFacts.ts";
import type { CaptionFacts, Uniform } from "./captionFacts.ts";

/** How often a general captioner notices the medium of a spoof; our choice, after I-FAS section SCF. */
const noticesMedium = 0.15;

/** How a general caption names the medium of each attack. */
export const mediumPhrases: Readonly<Record<Attack, readonly string[]>> = {
  none: [],
  print: ["on a sheet of paper", "on a paper photo"],
  replay: ["on a screen", "on the display of a tablet"],
  cutout: ["behind paper with eye holes", "behind a paper mask"],
  rigidMask: ["with a plastic mask", "with a stiff mask"],
  softMask: ["with a rubber mask", "with a silicone mask"],
  partial: ["with paper glasses", "with a strip over the face"],
};

/** How a general caption names a mask that lets the face through. */
export const transparentPhrases: readonly string[] = ["with a transparent mask"];

/**
 * A general caption, as step 1 of SCF gives it (I-FAS, arXiv 2501.01720): mostly without any spoof cue.
 * @param facts what is known of the image
 * @param random uniform numbers; equal numbers give equal captions
 * @returns one lower-case sentence of at most 24 words
 */
export function captionGeneral(facts: CaptionFacts, random: Uniform): string {
  const person = personPhrase(facts);
  const skin = random() < 0.3 ? ` and ${facts.skinTone} skin` : "";
  const looks = `${person} with ${facts.hair}${skin}`;
  const medium = facts.transparent ? transparentPhrases : mediumPhrases[facts.attack];
  if (medium.length > 0 && random() < noticesMedium) {
    return `${person} ${pick(medium, random)}, in ${facts.light}.`;
  }
  const sentences = [
    `${looks} looks at the camera in ${facts.light}.`,
    `${looks}, before ${facts.background}.`,
    `a portrait of ${looks}, in ${facts.light}.`,
    `a close view of the face of ${looks}.`,
    `${looks} in ${facts.light}, before ${facts.background}.`,
  ];
  return pick(sentences, random);
}
