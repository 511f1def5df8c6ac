/** @file Measures the interpretations: do they name the true attack, and do they agree with the verdict. */

import { attackNamed } from "@candor/data";
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
  /** Share of the sentences that name any presentation at all. */
  readonly named: number | null;
  /** Share of the naming sentences that name an attack exactly when the verdict is spoof. */
  readonly agreement: number | null;
  readonly distinct1: number | null;
  readonly distinct2: number | null;
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
  return {
    sentences: explained.length,
    namedRight: share(right),
    attackNamedRight: share(right.filter((_, index) => explained[index]?.label === "spoof")),
    named: share(explained.map((row) => row.names !== undefined)),
    agreement: share(naming.map((row) => (row.names === "none") === row.score >= threshold)),
    distinct1: distinctN(sentences, 1),
    distinct2: distinctN(sentences, 2),
  };
}

function share(hits: readonly boolean[]): number | null {
  return hits.length === 0 ? null : hits.filter(Boolean).length / hits.length;
}
