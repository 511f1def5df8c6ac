/** @file Judges a score file: every data set in it, by Candor's figures or by a published convention. */

import type { ConventionFigure } from "../metrics/conventions/convention.ts";
import { conventions } from "../metrics/conventions/conventions.ts";
import { thresholdAtEer } from "../metrics/equalErrorRate.ts";
import { groupBy } from "../metrics/groupBy.ts";
import { judgeSamples, type Judgement } from "../metrics/judgeSamples.ts";
import type { ScoredSample } from "../metrics/scoredSample.ts";
import { videoScores } from "../metrics/videoScores.ts";
import type { PositiveClass } from "../metrics/tprAtFpr.ts";
import type { ScoreRow } from "./scoreFile.ts";
import { ScoreFileError } from "./scoreFileError.ts";

/** Frames are averaged over their video before anything else, or stand for themselves. */
export type Unit = "video" | "frame";

/** The rows that are tested and the threshold that was fixed beforehand. */
export interface TestedScores {
  readonly tested: ReadonlyMap<string, readonly ScoredSample[]>;
  /** P(live) at the EER of the dev rows; `null` if there are none. */
  readonly devThreshold: number | null;
  /** Videos or frames that the threshold rests on. */
  readonly devSamples: number;
}

/** Options of {@link testedScores}. */
export interface TestedScoresOptions {
  readonly unit: Unit;
  /** Rows of another file, all of which count as dev rows. */
  readonly dev?: readonly ScoreRow[];
  /** Replaces the threshold of the dev rows. */
  readonly threshold?: number | undefined;
}

/**
 * Splits the rows into data sets and takes the deployable threshold from the dev rows.
 *
 * @throws ScoreFileError if there are no test rows, or a dev row is tested too
 * @throws MetricError if the dev rows lack a class, or frames of a video contradict each other
 */
export function testedScores(rows: readonly ScoreRow[], options: TestedScoresOptions): TestedScores {
  const byUnit = (frames: readonly ScoreRow[]): readonly ScoredSample[] =>
    options.unit === "frame" ? frames : videoScores(frames);
  const test = rows.filter((row) => row.split === "test");
  if (test.length === 0) throw new ScoreFileError('[testedScores] there are no rows with split "test".');
  const ids = new Set(test.map((row) => row.id));
  const leaked = options.dev?.find((row) => ids.has(row.id));
  if (leaked) {
    throw new ScoreFileError(
      `[testedScores] "${leaked.id}" is a dev row and a test row; a threshold that is taken on tested samples is not fixed beforehand.`,
    );
  }
  const dev = [...(options.dev ?? []), ...rows.filter((row) => row.split === "dev")];
  const devSamples = [...groupBy(dev, (row) => row.dataset).values()].flatMap(byUnit);
  return {
    tested: new Map([...groupBy(test, (row) => row.dataset)].map(([name, frames]) => [name, byUnit(frames)])),
    devThreshold: options.threshold ?? (devSamples.length > 0 ? thresholdAtEer(devSamples) : null),
    devSamples: devSamples.length,
  };
}

/** Candor's figures of each data set. */
export function judgeScores(
  { tested, devThreshold }: TestedScores,
  options: { readonly seed: number; readonly resamples: number },
): (Judgement & { readonly dataset: string })[] {
  const attacks = new Set([...tested.values()].flatMap((samples) => samples.map((sample) => sample.attack)));
  return [...tested].map(([dataset, samples]) => ({
    dataset,
    ...judgeSamples(samples, { ...options, devThreshold, attacks }),
  }));
}

/** The figures of a published convention on one data set. */
export interface ConventionJudgement {
  readonly dataset: string;
  readonly live: number;
  readonly spoof: number;
  readonly positive: PositiveClass;
  /** Empty where a class is missing; `notes` say so. */
  readonly figures: readonly ConventionFigure[];
  readonly notes: readonly string[];
}

/** A published convention's figures of each data set; blank, with a note, where a class is missing. */
export function judgeByConvention(
  name: keyof typeof conventions,
  { tested }: TestedScores,
): ConventionJudgement[] {
  const { positive, figures, note } = conventions[name];
  return [...tested].map(([dataset, samples]) => {
    const live = samples.filter((sample) => sample.label === "live").length;
    const spoof = samples.length - live;
    const both = live > 0 && spoof > 0;
    return {
      dataset,
      live,
      spoof,
      positive,
      figures: both ? figures(samples) : [],
      notes: both ? [note] : [`every figure needs both classes: ${live} live and ${spoof} spoof samples.`],
    };
  });
}
