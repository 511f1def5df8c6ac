/** @file Which attack a sentence names: the measure of an explanation. */
import type { Attack } from "../manifest/manifest.ts";
import { attackKeywords } from "./attackKeywords.ts";
import { placeOf, wordsOf } from "./phrases.ts";

/**
 * The attack that a sentence names, by the dictionary {@link attackKeywords}.
 *
 * A named presentation decides before any cue; of several, the one that is named first: what follows it is what can be
 * seen of it ("a printed photo with a hard mask rim" is a print). Where only cues stand, the attack with the most of
 * them wins, and of equals the more specific one. A keyword shortly after "no", "not" or "without" does not count.
 * @param sentence an explanation, by any captioner, in English
 * @returns the attack, "none" where the sentence names a live face, undefined where it names neither
 */
export function attackNamed(sentence: string): Attack | undefined {
  const words = wordsOf(sentence);
  const ranked = Object.entries(attackKeywords) as [Attack, (typeof attackKeywords)[Attack]][];
  let named: Attack | undefined;
  let first = words.length;
  for (const [attack, { names }] of ranked) {
    const place = Math.min(...names.map((name) => placeOf(words, name)));
    if (place < first) [named, first] = [attack, place];
  }
  if (named) return named;
  let best: Attack | undefined;
  let most = 0;
  for (const [attack, { cues }] of ranked) {
    const count = cues.filter((cue) => placeOf(words, cue) < words.length).length;
    if (count > most) [best, most] = [attack, count];
  }
  return best;
}
