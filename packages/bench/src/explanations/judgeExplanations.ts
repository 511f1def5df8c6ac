/** @file Measures the interpretations: do they name the true attack, and do they agree with the verdict. */

import { attackNamed } from "@candor/data";
import { groupBy } from "../metrics/groupBy.ts";
import type { ScoreRow } from "../scores/scoreFile.ts";
import { distinctN } from "./distinctN.ts";

/** Figures of the sentences of one set of frames. Shares in [0, 1]; `null` where there is nothing to count. */
export interface ExplanationFigures {
  /** Frames with a sentence. */
  readonly sentences: number;
  /** Share of all sentences whose named presentation (an attack, or a live face) is the true one. */
  readonly namedRight: number | null;
  /** The same on spoof frames only, where it is the attack. */
  readonly attackNamedRight: number | null;
  /**
   * What {@link attackNamedRight} would be on average if the sentences were dealt out at random among the spoof frames of
   * the same verdict: sentences that follow the verdict alone come no higher.
   */
  readonly attackNamedByChance: number | null;
  /** Share of the sentences that name any presentation at all. */
  readonly named: number | null;
  /** Share of the naming sentences that name an attack exactly when the verdict is spoof. */
  readonly agreement: number | null;
  readonly distinct1: number | null;
  readonly distinct2: number | null;
  /** Different sentences over all sentences. */
  readonly distinctSentences: number | null;
  /**
   * Where the sentences lie between templates and free text: (d - k) / (n - k), with d different ones among n and k
   * presentations named. 0: one fixed sentence a presentation; 1: none is said twice. It falls as n grows, so that only
   * sets of about one size compare. `null` where n is not larger than k.
   */
  readonly templateToFree: number | null;
  /** Frames by true presentation, then by the one that is named (`"nothing"` where none is). */
  readonly confusion: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** By presentation that is true or named somewhere. */
  readonly byAttack: Readonly<Record<string, NamingFigures>>;
}

/** How well one presentation is named; `null` where nothing is to be counted. */
export interface NamingFigures {
  /** Share right of the sentences that name it. */
  readonly precision: number | null;
  /** Share of its frames whose sentence names it. */
  readonly recall: number | null;
}

/**
 * Judges every sentence by the dictionary of the captions (SCF's keyword filter).
 *
 * @param rows frames; those without a sentence are left out
 * @param threshold P(live) at and above which the verdict is live
 */
export function judgeExplanations(rows: readonly ScoreRow[], threshold: number): ExplanationFigures {
  const explained = rows.flatMap((row) =>
    row.sentence === null ? [] : [{ ...row, sentence: row.sentence, names: attackNamed(row.sentence) }],
  );
  const right = explained.map((row) => row.names === row.attack);
  const naming = explained.filter((row) => row.names !== undefined);
  const sentences = explained.map((row) => row.sentence);
  const confusion = countNames(explained);
  return {
    sentences: explained.length,
    namedRight: share(right),
    attackNamedRight: share(right.filter((_, index) => explained[index]?.label === "spoof")),
    attackNamedByChance: namedByChance(
      explained.filter(({ label }) => label === "spoof"),
      threshold,
    ),
    named: share(explained.map((row) => row.names !== undefined)),
    agreement: share(naming.map((row) => (row.names === "none") === row.score >= threshold)),
    distinct1: distinctN(sentences, 1),
    distinct2: distinctN(sentences, 2),
    distinctSentences: sentences.length === 0 ? null : new Set(sentences).size / sentences.length,
    templateToFree: freedom(sentences, new Set(explained.map((row) => row.names)).size),
    confusion,
    byAttack: namingFigures(confusion),
  };
}

function namedByChance(
  spoofs: readonly (Pick<ScoreRow, "attack" | "score"> & { readonly names: string | undefined })[],
  threshold: number,
): number | null {
  if (spoofs.length === 0) return null;
  const expected = [...groupBy(spoofs, ({ score }) => score >= threshold).values()].map((alike) => {
    const count = (name: string) => alike.filter(({ names }) => names === name).length;
    return alike.reduce((sum, { attack }) => sum + count(attack), 0) / alike.length;
  });
  return expected.reduce((sum, right) => sum + right, 0) / spoofs.length;
}

/** What stands for the presentation in a confusion where a sentence names none. */
export const unnamed = "nothing";

function freedom(sentences: readonly string[], presentations: number): number | null {
  const repeatable = sentences.length - presentations;
  return repeatable > 0 ? Math.max(0, new Set(sentences).size - presentations) / repeatable : null;
}

/** Adds the counts of several confusions, such as those of a method's seeds. */
export function addConfusions(
  confusions: readonly ExplanationFigures["confusion"][],
): ExplanationFigures["confusion"] {
  const total: Record<string, Record<string, number>> = {};
  for (const confusion of confusions) {
    for (const [attack, named] of Object.entries(confusion)) {
      const row = (total[attack] ??= {});
      for (const [name, count] of Object.entries(named)) row[name] = (row[name] ?? 0) + count;
    }
  }
  return total;
}

function countNames(
  rows: readonly { readonly attack: string; readonly names: string | undefined }[],
): Record<string, Record<string, number>> {
  const counts: Record<string, Record<string, number>> = {};
  for (const { attack, names = unnamed } of rows.toSorted((a, b) => (a.attack < b.attack ? -1 : 1))) {
    const row = (counts[attack] ??= {});
    row[names] = (row[names] ?? 0) + 1;
  }
  return counts;
}

/** Precision and recall of every presentation that is true or named somewhere. */
export function namingFigures(confusion: ExplanationFigures["confusion"]): Record<string, NamingFigures> {
  const rows = Object.values(confusion);
  const known = new Set([...Object.keys(confusion), ...rows.flatMap(Object.keys)]);
  known.delete(unnamed);
  return Object.fromEntries(
    [...known].toSorted().map((attack) => {
      const right = confusion[attack]?.[attack] ?? 0;
      const named = sum(rows.map((row) => row[attack] ?? 0));
      return [
        attack,
        { precision: ratio(right, named), recall: ratio(right, sum(Object.values(confusion[attack] ?? {}))) },
      ];
    }),
  );
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function share(hits: readonly boolean[]): number | null {
  return hits.length === 0 ? null : hits.filter(Boolean).length / hits.length;
}
