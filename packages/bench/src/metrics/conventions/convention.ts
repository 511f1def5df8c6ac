/** @file What a published way of computing the figures is. */

import type { ScoredSample } from "../scoredSample.ts";
import type { PositiveClass } from "../tprAtFpr.ts";

/** One figure as its authors compute it. */
export interface ConventionFigure {
  readonly key: string;
  /** Head of the column, with the positive class where there is one. */
  readonly head: string;
  readonly value: number;
  /** A score is a P(live) threshold, everything else a share. */
  readonly kind: "share" | "score";
}

/** A published convention; its figures are comparable with those of the same convention only. */
export interface Convention {
  readonly name: string;
  /** Repository and file where it stands. */
  readonly source: string;
  /** The class that counts as positive in TPR@FPR. */
  readonly positive: PositiveClass;
  /** What a reader must know. */
  readonly note: string;
  /**
   * Computes the figures over videos or frames.
   *
   * @throws MetricError if a class is empty or a score is NaN
   */
  readonly figures: (samples: readonly ScoredSample[]) => readonly ConventionFigure[];
}

/** A share. */
export function share(key: string, head: string, value: number): ConventionFigure {
  return { key, head, value, kind: "share" };
}

/** A threshold. */
export function scoreFigure(key: string, head: string, value: number): ConventionFigure {
  return { key, head, value, kind: "score" };
}
