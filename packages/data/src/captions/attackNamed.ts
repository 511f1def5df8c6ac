/** @file Which attack a sentence names: the measure of an explanation. */
import type { Attack } from "../manifest/manifest.ts";
import { attackKeywords } from "./attackKeywords.ts";

const negations = new Set(["no", "not", "without", "never", "neither", "nor", "isn't"]);

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
  const words = sentence
    .toLowerCase()
    .replaceAll("moiré", "moire")
    .match(/[\p{L}\p{N}'-]+|[.,:;!?]/gu);
  if (!words) return undefined;
  const ranked = Object.entries(attackKeywords) as [Attack, (typeof attackKeywords)[Attack]][];
  let named: Attack | undefined;
  let first = words.length;
  for (const [attack, { names }] of ranked) {
    const place = Math.min(...names.map((name) => placeOf(words, name.split(" "))));
    if (place < first) [named, first] = [attack, place];
  }
  if (named) return named;
  let best: Attack | undefined;
  let most = 0;
  for (const [attack, { cues }] of ranked) {
    const count = cues.filter((cue) => placeOf(words, cue.split(" ")) < words.length).length;
    if (count > most) [best, most] = [attack, count];
  }
  return best;
}

/** Where a phrase begins that no negation governs; the number of words where there is none. */
function placeOf(words: readonly string[], phrase: readonly string[]): number {
  const place = words.findIndex(
    (_, start) => phrase.every((word, i) => words[start + i] === word) && !isNegated(words, start, phrase),
  );
  return place === -1 ? words.length : place;
}

/** Whether a negation stands at most three words before, in the same clause. */
function isNegated(words: readonly string[], start: number, phrase: readonly string[]): boolean {
  if (phrase.some((word) => negations.has(word))) return false;
  for (let i = start - 1; i >= Math.max(0, start - 3); i--) {
    const word = words[i] as string;
    if (/^[.,:;!?]$/.test(word)) return false;
    if (negations.has(word)) return true;
  }
  return false;
}
