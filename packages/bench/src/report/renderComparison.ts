/** @file Paired tests and published conventions as text, for `bench:score`. */

import type { PairedDifference } from "../metrics/paired/pairedDifference.ts";
import type { Comparison } from "../scores/compareScores.ts";
import type { ConventionJudgement } from "../scores/judgeScores.ts";
import { blank, percent } from "./formatFigures.ts";

/** One block a data set: the convention's figures in per cent, thresholds as they are. */
export function renderConvention(judgement: ConventionJudgement): string {
  const { dataset, live, spoof, figures, notes } = judgement;
  const width = Math.max(0, ...figures.map(({ head }) => head.length));
  return [
    `${dataset}: ${live} live, ${spoof} spoof`,
    ...figures.map(
      ({ head, value, kind }) =>
        `  ${head.padEnd(width)}  ${(kind === "share" ? percent(value) : value.toFixed(4)).padStart(6)}`,
    ),
    ...notes.map((note) => `  note: ${note}`),
  ].join("\n");
}

/** One block a data set: differences in percentage points with intervals and p-values. */
export function renderComparison(comparison: Comparison): string {
  const { dataset, auc, hterLiterature, delong, mcnemar, notes } = comparison;
  return [
    `${dataset}: first minus second, in percentage points`,
    `  AUC                ${difference(auc)}`,
    `  HTER, literature   ${difference(hterLiterature)}`,
    `  AUC, DeLong        ${delong ? `${signed(delong.difference)}  standard error ${percent(delong.standardError)}  p ${probability(delong.p)}` : blank}`,
    `  McNemar            ${mcnemar ? `${mcnemar.firstOnlyRight} right by the first alone, ${mcnemar.secondOnlyRight} by the second  p ${probability(mcnemar.p)}` : blank}`,
    ...notes.map((note) => `  note: ${note}`),
  ].join("\n");
}

function difference(paired: PairedDifference | null): string {
  if (!paired) return blank;
  const { difference: value, interval, p } = paired;
  if (!interval) return `${signed(value)}  no interval: too few subjects`;
  return `${signed(value)}  [${signed(interval.low)}, ${signed(interval.high)}]  p ${probability(p)}`;
}

/** A p-value with three digits; `"< 0.001"` below that. */
export function probability(p: number | null): string {
  if (p === null) return blank;
  return p < 0.001 ? "< 0.001" : p.toFixed(3);
}

/** A difference of shares in percentage points with its sign. */
export function signed(share: number): string {
  const text = percent(share);
  return share > 0 ? `+${text}` : text.replace("-", "−");
}
