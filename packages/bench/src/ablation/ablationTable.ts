/** @file The ablation's figures, from score files alone. */

import { judgeExplanations } from "../explanations/judgeExplanations.ts";
import { groupBy } from "../metrics/groupBy.ts";
import { hterAt } from "../metrics/hter.ts";
import { deviation, mean } from "../metrics/mean.ts";
import { videoScores } from "../metrics/videoScores.ts";
import type { MethodRow, MethodTable } from "../report/methodTable.ts";
import type { TrainingCost } from "../protocols/jobs/readTrainings.ts";
import { devThreshold } from "../scores/devThreshold.ts";
import type { ScoreFile } from "../scores/scoreFile.ts";
import { baselineName, type AblationPlan, type Setting } from "./planAblation.ts";

/** A mean over seeds with the sample standard deviation. */
export interface Spread {
  readonly mean: number;
  /** `null` with one seed. */
  readonly deviation: number | null;
}

/** One setting with its figures. */
export interface AblationRow extends Setting {
  /** Means over the targets, and the paired difference to full I-FAS. */
  readonly figures: Pick<MethodRow, "seeds" | "mean" | "against">;
  /** AUC minus full I-FAS's of the same seed, in the order of the seeds; `null` for I-FAS and where seeds differ. */
  readonly aucDifferenceBySeed: readonly number[] | null;
  /** HTER where P(live) at and above 0.5 is accepted: what a decoding moves; `null` where a target has one class. */
  readonly hterAtHalf: Spread | null;
  /** Of spoof frames with a sentence, the share that names the attack; `null` without sentences. */
  readonly attackNamedRight: Spread | null;
  /** The same if sentences were dealt out at random among spoof frames of the same verdict. */
  readonly attackNamedByChance: Spread | null;
  /** Of the naming sentences, the share that agrees with the verdict at the dev threshold. */
  readonly agreement: Spread | null;
  /** Different sentences over all sentences. */
  readonly distinctSentences: Spread | null;
  /** `null` for decodings, which train nothing. */
  readonly training: TrainingCost | null;
}

/** The levels of one factor, the other factors at the baseline. */
export interface FactorRows {
  readonly name: string;
  readonly title: string;
  readonly rows: readonly {
    readonly level: string;
    readonly title: string;
    readonly paper: string;
    readonly row: AblationRow;
  }[];
}

/** The whole table. */
export interface AblationTable {
  readonly factors: readonly FactorRows[];
  /** Every setting, in the plan's order. */
  readonly settings: readonly AblationRow[];
}

/**
 * Judges the settings of a plan; one without scores is left out.
 *
 * @param files     a score file a setting and seed
 * @param methods   of the same files, against full I-FAS
 * @param trainings what each training cost, by its method
 */
export function ablationTable(
  plan: AblationPlan,
  files: readonly ScoreFile[],
  methods: MethodTable,
  trainings: ReadonlyMap<string, TrainingCost>,
): AblationTable {
  const full = methods.rows.find(({ method }) => method === baselineName);
  const ofMethod = groupBy(files, ({ metadata }) => metadata.method);
  const settings = plan.settings.flatMap((setting): AblationRow[] => {
    const figures = methods.rows.find(({ method }) => method === setting.method);
    const scored = ofMethod.get(setting.method);
    if (!figures || !scored) return [];
    const { seeds, mean, against } = figures;
    const judged = [...groupBy(scored, ({ metadata }) => metadata.seed).values()].map(judgeSeed);
    const over = (of: (seed: Judged) => number | null) => spread(judged.map(of));
    return [
      {
        ...setting,
        figures: { seeds, mean, against },
        aucDifferenceBySeed: full && full !== figures ? aucBySeed(figures, full) : null,
        hterAtHalf: over((seed) => seed.hterAtHalf),
        attackNamedRight: over((seed) => seed.attackNamedRight),
        attackNamedByChance: over((seed) => seed.attackNamedByChance),
        agreement: over((seed) => seed.agreement),
        distinctSentences: over((seed) => seed.distinctSentences),
        training: trainings.get(setting.method) ?? null,
      },
    ];
  });
  return { factors: plan.factors.map((factor) => rowsOf(factor, plan, settings)), settings };
}

function aucBySeed(row: MethodRow, full: MethodRow): number[] | null {
  const [own, other] = [row.mean?.auc?.values, full.mean?.auc?.values];
  if (!own || !other || String(row.seeds) !== String(full.seeds)) return null;
  return own.map((value, i) => value - (other[i] as number));
}

function rowsOf(
  { name, title, levels }: AblationPlan["factors"][number],
  plan: AblationPlan,
  settings: readonly AblationRow[],
): FactorRows {
  const baseline = plan.settings.find(({ method }) => method === baselineName)!.levels;
  return {
    name,
    title,
    rows: levels.flatMap(({ name: level, title: levelTitle, paper }) => {
      const wanted = JSON.stringify({ ...baseline, [name]: level });
      const row = settings.find((setting) => JSON.stringify(setting.levels) === wanted);
      return row ? [{ level, title: levelTitle, paper, row }] : [];
    }),
  };
}

/** Figures of one training and seed that a method table does not have; `null` where there is nothing to judge. */
interface Judged {
  readonly hterAtHalf: number | null;
  readonly attackNamedRight: number | null;
  readonly attackNamedByChance: number | null;
  readonly agreement: number | null;
  readonly distinctSentences: number | null;
}

/** Means over the folds of a seed. */
function judgeSeed(folds: readonly ScoreFile[]): Judged {
  const judged = folds.map(judge);
  const over = (of: (fold: Judged) => number | null) => spread(judged.map(of))?.mean ?? null;
  return {
    hterAtHalf: over((fold) => fold.hterAtHalf),
    attackNamedRight: over((fold) => fold.attackNamedRight),
    attackNamedByChance: over((fold) => fold.attackNamedByChance),
    agreement: over((fold) => fold.agreement),
    distinctSentences: over((fold) => fold.distinctSentences),
  };
}

function judge({ metadata, rows }: ScoreFile): Judged {
  const sources = (metadata.sources ?? "").split(",");
  const targets = rows.filter(({ split, dataset }) => split === "test" && !sources.includes(dataset));
  const halves = [...groupBy(targets, ({ dataset }) => dataset).values()].map((group) => {
    const videos = videoScores(group);
    return new Set(videos.map(({ label }) => label)).size === 2 ? hterAt(videos, 0.5).hter : null;
  });
  const { attackNamedRight, attackNamedByChance, agreement, distinctSentences } = judgeExplanations(
    targets,
    devThreshold(rows) ?? 0.5,
  );
  const hterAtHalf = spread(halves)?.mean ?? null;
  return { hterAtHalf, attackNamedRight, attackNamedByChance, agreement, distinctSentences };
}

/** `null` where one has no value. */
function spread(values: readonly (number | null)[]): Spread | null {
  const numbers = values.filter((value) => value !== null);
  if (numbers.length < values.length) return null;
  return { mean: mean(numbers), deviation: deviation(numbers) };
}
