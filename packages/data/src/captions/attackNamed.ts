/** @file Which attack a sentence names: the measure of an explanation. */
import type { Attack } from "../manifest/manifest.ts";
import { attackKeywords } from "./attackKeywords.ts";

const negations = new Set(["no", "not", "without", "never", "neither", "nor", "isn't"]);

/**
 * The attack that a sentence names, by the dictionary {@link attackKeywords}.
 *
 * A named presentation decides before any cue; of several, the most specific attack wins ("a printed cut-out" is a
 * cut-out). Where only cues stand, the attack with the most of them wins. A keyword shortly after "no", "not" or
 * "without" does not count.
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
  const named = ranked.find(([, { names }]) => countPhrases(words, names) > 0);
  if (named) return named[0];
  let best: Attack | undefined;
  let most = 0;
  for (const [attack, { cues }] of ranked) {
    const count = countPhrases(words, cues);
    if (count > most) [best, most] = [attack, count];
  }
  return best;
}

function countPhrases(words: readonly string[], phrases: readonly string[]): number {
  return phrases.filter((phrase) => holdsPhrase(words, phrase.split(" "))).length;
}

function holdsPhrase(words: readonly string[], phrase: readonly string[]): boolean {
  return words.some(
    (_, start) => phrase.every((word, i) => words[start + i] === word) && !isNegated(words, start, phrase),
  );
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
