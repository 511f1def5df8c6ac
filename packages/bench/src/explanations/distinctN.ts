/** @file Distinct-n: how varied a set of sentences is. Li et al. 2016, arXiv:1510.03055. */

/**
 * Number of different n-grams over the number of all n-grams of all sentences.
 *
 * @param n words a gram
 * @returns a share in (0, 1]; `null` if no sentence has n words
 */
export function distinctN(sentences: readonly string[], n: number): number | null {
  const grams = sentences.flatMap((sentence) => {
    const words = sentence.toLowerCase().match(/[\p{L}\p{N}'-]+/gu) ?? [];
    return words.slice(n - 1).map((_, end) => words.slice(end, end + n).join(" "));
  });
  return grams.length === 0 ? null : new Set(grams).size / grams.length;
}
