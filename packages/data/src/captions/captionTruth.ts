/** @file Whether a caption of a rendered frame is true: each known phrase in it is one that the frame's attack can show. */
import { attacks } from "../manifest/manifest.ts";
import type { Attack } from "../manifest/manifest.ts";
import { cuePhrases, cuesOfAttack } from "./captionFacts.ts";
import { mediumPhrases, transparentPhrases } from "./captionGeneral.ts";
import { placeOf, wordsOf } from "./phrases.ts";

/** `right` names something of the attack and nothing else; `wrong` something that the attack cannot show; `silent` neither. */
export type CaptionTruth = "right" | "wrong" | "silent";

/** Each phrase that the grammar has for a cue or a medium, as words, with the attacks that can show it. */
const attacksOfPhrase: ReadonlyMap<string, ReadonlySet<Attack>> = collectPhrases();

/**
 * Judges a caption by the grammar of rendered captions, which the filter's dictionary knows nothing of.
 * @param caption a sentence about a rendered frame
 * @param attack the frame's attack
 */
export function captionTruth(caption: string, attack: Attack): CaptionTruth {
  const words = wordsOf(caption);
  let own = false;
  for (const [phrase, possible] of attacksOfPhrase) {
    if (placeOf(words, phrase) === words.length) continue;
    if (!possible.has(attack)) return "wrong";
    own = true;
  }
  return own ? "right" : "silent";
}

function collectPhrases(): Map<string, Set<Attack>> {
  const found = new Map<string, Set<Attack>>();
  for (const attack of attacks) {
    const cues = cuesOfAttack[attack].flatMap((cue) => cuePhrases[cue] ?? [cue]);
    const media = attack === "softMask" ? transparentPhrases : [];
    for (const phrase of [...cues, ...mediumPhrases[attack], ...media]) {
      found.set(phrase, (found.get(phrase) ?? new Set()).add(attack));
    }
  }
  return found;
}
