/** @file What a cross-domain report holds; the JSON file is exactly this. */

import type { ExplanationFigures } from "../explanations/judgeExplanations.ts";
import type { Judgement } from "../metrics/judgeSamples.ts";
import type { ScoreMetadata } from "../scores/scoreFile.ts";

/** The figures of one run on one domain. */
export interface DomainResult {
  readonly dataset: string;
  /** `"source"`: held-out identities of the training domain. */
  readonly role: "source" | "target";
  /** Frame scores averaged over each video first; what the tables show. */
  readonly videos: Judgement;
  /** Every frame on its own; without intervals. */
  readonly frames: Judgement;
  readonly explanations: ExplanationFigures;
}

/** The figures that are averaged over the targets, each target counting the same. */
export const averagedFigures = [
  "hterLiterature",
  "hterAtDevThreshold",
  "eer",
  "auc",
  "tprAtFpr1Live",
  "tprAtFpr1Spoof",
  "apcerMax",
  "bpcer",
] as const satisfies readonly (keyof Judgement)[];

/** Means over the targets; `null` where a target has no such figure. */
export type Averages = Readonly<Record<(typeof averagedFigures)[number], number | null>>;

/** One scored run: a method, a seed. */
export interface RunResult {
  /** Unique within the report: the method, with the seed where a method has several. */
  readonly name: string;
  readonly metadata: ScoreMetadata;
  /** P(live) threshold at the EER of the source's dev split, per video; `null` if that split lacks a class. */
  readonly devThreshold: number | null;
  /** Samples of the dev split that the threshold rests on. */
  readonly devVideos: number;
  readonly domains: readonly DomainResult[];
  readonly averages: Averages;
  /** Over the frames of all targets that have a sentence. */
  readonly explanations: ExplanationFigures;
}

/** Mean and sample standard deviation of the averages over the seeds of a method. */
export interface SeedSpread {
  readonly method: string;
  readonly seeds: readonly string[];
  readonly mean: Averages;
  readonly deviation: Averages;
}

/** A frame that is shown with its verdict. */
export interface SampleVerdict {
  readonly run: string;
  readonly id: string;
  readonly dataset: string;
  readonly label: "live" | "spoof";
  readonly attack: string;
  readonly score: number;
  /** P(live) at and above which the verdict is live. */
  readonly threshold: number;
  readonly sentence: string | null;
  /** Shares of attention by patch, [grid, grid] row by row; `null` where the scores hold none. */
  readonly attention: readonly number[] | null;
}

/** A cross-domain report. */
export interface CrossDomainReport {
  /** Its name, such as `"one-to-eleven"`. */
  readonly protocol: string;
  /** The training domain or domains and the domains that were tested. */
  readonly source: string;
  readonly targets: readonly string[];
  /** True if the domains are rendered, so that nothing follows for real data sets. */
  readonly rendered: boolean;
  readonly unit: "video";
  readonly seed: number;
  readonly resamples: number;
  readonly runs: readonly RunResult[];
  /** Methods that were run with several seeds. */
  readonly spreads: readonly SeedSpread[];
  readonly samples: readonly SampleVerdict[];
  /** The commands that made the scores and the report. */
  readonly commands: readonly string[];
  readonly created: string;
}
