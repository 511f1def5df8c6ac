/** @file SCF's filter over many captions, with its counts, and its precision and recall where the truth is known. */
import type { Attack, ManifestRow } from "../manifest/manifest.ts";
import { captionTruth } from "./captionTruth.ts";
import type { KeywordDictionary } from "./keywordDictionary.ts";
import { attacksHit, matchingKeywords } from "./keywordFilter.ts";

/** The filter's verdict on one spoof frame. */
export interface FilteredPair {
  readonly id: string;
  readonly attack: Exclude<Attack, "none">;
  readonly caption: string;
  /** Keywords of the frame's attack; the pair is kept if there is one. */
  readonly keywords: readonly string[];
}

/** What the filter did. */
export interface FilterCounts {
  /** Captioned spoof frames, and those that are kept. */
  readonly spoof: number;
  readonly kept: number;
  readonly byAttack: Readonly<Record<string, { readonly spoof: number; readonly kept: number }>>;
  /** Spoof captions that hold keywords of other attacks only: what a filter blind to the attack would keep. */
  readonly otherAttackOnly: number;
  /** Captioned live frames, and those whose caption holds a keyword of any attack. */
  readonly live: number;
  readonly liveHits: number;
  readonly liveHitsByAttack: Readonly<Record<string, number>>;
  /** Absent where the truth is not known. */
  readonly truth?: FilterTruth;
}

/** How good the filter is, by {@link captionTruth}. */
export interface FilterTruth {
  readonly right: number;
  readonly wrong: number;
  readonly silent: number;
  readonly keptRight: number;
  /** Right ones among the kept; NaN where nothing is kept. */
  readonly precision: number;
  /** Kept ones among the right; NaN where nothing is right. */
  readonly recall: number;
}

/**
 * Filters captions by the matching attack.
 * @param rows frames of a manifest
 * @param captions caption by frame id; frames without one are passed over
 * @param keywords the dictionary
 * @param rendered whether the captions speak of rendered frames in the grammar's words, so that their truth is known
 * @returns a verdict for each captioned spoof frame, in the rows' order, and the counts
 */
export function filterCaptions(
  rows: readonly ManifestRow[],
  captions: ReadonlyMap<string, string>,
  keywords: KeywordDictionary,
  rendered: boolean,
): { pairs: FilteredPair[]; counts: FilterCounts } {
  const pairs: FilteredPair[] = [];
  const byAttack: Record<string, { spoof: number; kept: number }> = {};
  const liveHitsByAttack: Record<string, number> = {};
  const truths = { right: 0, wrong: 0, silent: 0 };
  let keptRight = 0;
  let otherAttackOnly = 0;
  let live = 0;
  let liveHits = 0;
  for (const { id, attack } of rows) {
    const caption = captions.get(id);
    if (caption === undefined) continue;
    if (attack === "none") {
      const hits = attacksHit(caption, keywords);
      live++;
      if (hits.length > 0) liveHits++;
      for (const hit of hits) liveHitsByAttack[hit] = (liveHitsByAttack[hit] ?? 0) + 1;
      continue;
    }
    const found = matchingKeywords(caption, attack, keywords);
    const kept = found.length > 0;
    pairs.push({ id, attack, caption, keywords: found });
    const ofAttack = (byAttack[attack] ??= { spoof: 0, kept: 0 });
    ofAttack.spoof++;
    if (kept) ofAttack.kept++;
    else if (attacksHit(caption, keywords).length > 0) otherAttackOnly++;
    const truth = captionTruth(caption, attack);
    truths[truth]++;
    if (kept && truth === "right") keptRight++;
  }
  const kept = pairs.filter((pair) => pair.keywords.length > 0).length;
  const truth = { ...truths, keptRight, precision: keptRight / kept, recall: keptRight / truths.right };
  const counts = {
    spoof: pairs.length,
    kept,
    byAttack,
    otherAttackOnly,
    live,
    liveHits,
    liveHitsByAttack,
    ...(rendered ? { truth } : {}),
  };
  return { pairs, counts };
}
