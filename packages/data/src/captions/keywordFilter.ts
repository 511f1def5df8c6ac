/** @file SCF's filter: a pair is kept only if its caption holds a keyword of the image's own attack. */
import type { Attack } from "../manifest/manifest.ts";
import type { KeywordDictionary } from "./keywordDictionary.ts";
import { placeOf, wordsOf } from "./phrases.ts";

/**
 * The keywords of an image's own attack in its caption; the pair is kept if there is one (I-FAS, arXiv 2501.01720,
 * step 2 of SCF). Words are matched whole, and a negated keyword does not count: our choices.
 * @param caption what a captioner says of a spoof image
 * @param attack the image's attack
 * @param keywords the dictionary
 */
export function matchingKeywords(
  caption: string,
  attack: Exclude<Attack, "none">,
  keywords: KeywordDictionary,
): string[] {
  const words = wordsOf(caption);
  return keywords[attack].filter((keyword) => placeOf(words, keyword) < words.length);
}

/**
 * The attacks of which a caption holds a keyword; on a live image each of them is a false hit.
 * @param caption what a captioner says of any image
 * @param keywords the dictionary
 */
export function attacksHit(caption: string, keywords: KeywordDictionary): Exclude<Attack, "none">[] {
  const attacks = Object.keys(keywords) as Exclude<Attack, "none">[];
  return attacks.filter((attack) => matchingKeywords(caption, attack, keywords).length > 0);
}
