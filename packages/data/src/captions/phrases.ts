/** @file Phrases in a sentence: whole words, and none that a negation governs. */

const negations = new Set(["no", "not", "without", "never", "neither", "nor", "isn't"]);

/**
 * The words and marks of a sentence, in lower case.
 * @param sentence English text
 */
export function wordsOf(sentence: string): string[] {
  const plain = sentence.toLowerCase().replaceAll("moiré", "moire");
  return plain.match(/[\p{L}\p{N}'-]+|[.,:;!?]/gu) ?? [];
}

/**
 * Where a phrase begins that no negation governs: "no", "not" or "without" at most three words before, in the same clause.
 * @param words a sentence, by {@link wordsOf}
 * @param phrase words with spaces between
 * @returns the place of its first word; the number of words where it does not stand
 */
export function placeOf(words: readonly string[], phrase: string): number {
  const parts = phrase.split(" ");
  const place = words.findIndex(
    (_, start) => parts.every((word, i) => words[start + i] === word) && !isNegated(words, start, parts),
  );
  return place === -1 ? words.length : place;
}

function isNegated(words: readonly string[], start: number, phrase: readonly string[]): boolean {
  if (phrase.some((word) => negations.has(word))) return false;
  for (let i = start - 1; i >= Math.max(0, start - 3); i--) {
    const word = words[i] as string;
    if (/^[.,:;!?]$/.test(word)) return false;
    if (negations.has(word)) return true;
  }
  return false;
}
