/** @file The published figures of a fold and those of a report on it, as cells. */

import { foldsFor, protocols, type Fold } from "../protocols/protocols.ts";
import { blank, withSpread } from "./formatFigures.ts";
import { methodGroups, overSeeds } from "./methodGroups.ts";
import { checkpointDifference } from "./published.ts";
import { publishedFolds } from "./publishedFolds.ts";
import type { Averages, CrossDomainReport } from "./report.ts";

/** A table of published rows and ours. */
export interface BesidePublished {
  /** What keeps the two from being compared, in sentences. */
  readonly differences: readonly string[];
  readonly head: readonly string[];
  readonly rows: readonly { readonly cells: readonly string[]; readonly ours: boolean }[];
}

/**
 * Puts a report's figures under the published ones of its fold; rendered domains stand beside the fold that they stand in for.
 *
 * @returns `null` if the report's sources and target are no fold of a protocol with published figures
 */
export function besidePublished(report: CrossDomainReport): BesidePublished | null {
  const published = publishedFolds[report.protocol];
  const found = foldOf(report);
  if (!published || !found) return null;
  const { fold, extras } = found;
  const { rendered, source, targets } = report;
  const [target] = fold.targets;
  const own = `${source} → ${targets.join(", ")}`;
  const theirs = published.rows.map(({ method, alsoTrained, byFold, average, source: read }) => {
    const { hter, auc, tpr } = byFold[fold.id] ?? {};
    const figures = [hter, auc, tpr, average].map((value) => value?.toFixed(2) ?? blank);
    return { cells: [method, alsoTrained, ...figures, read], ours: false };
  });
  const ours = methodGroups(report).map((group) => {
    const over = (key: keyof Averages) => withSpread(overSeeds(group, (run) => run.averages[key]));
    const figures = [over("hterLiterature"), over("auc"), over("tprAtFpr1Live"), blank];
    return {
      cells: [group.name, extras.join(", ") || "nothing", ...figures, `this report: ${own}`],
      ours: true,
    };
  });
  return {
    differences: [
      rendered
        ? `The published rows are measured on real data sets (${fold.sources.join(", ")} to train, ${target} to test). Ours are measured on rendered domains (${own}), which share the shape of the fold alone: they show that the method and the pipeline work and are no evidence of accuracy on any real data set.`
        : "Both name the same data sets; frames, splits and face crops may differ.",
      ...published.caveats,
      "The published rows from ViT on start from large pretrained encoders; our starter recipe starts from nothing, and on small images.",
      checkpointDifference,
    ],
    head: [
      "method",
      "also trained on",
      `HTER, literature, ${target}`,
      "AUC",
      "TPR@FPR=1%, positive = live",
      `mean HTER of ${foldCount(report)} folds`,
      "source",
    ],
    rows: [...theirs, ...ours],
  };
}

function foldCount({ protocol }: CrossDomainReport): number {
  return protocols.find(({ name }) => name === protocol)!.folds.length;
}

/** The fold on real data sets that the report is of, or stands in for, and what is trained on beside its sources. */
function foldOf({
  protocol: name,
  source,
  targets,
}: CrossDomainReport): { readonly fold: Fold; readonly extras: readonly string[] } | null {
  const protocol = protocols.find((each) => each.name === name);
  if (!protocol || targets.length !== 1) return null;
  const sources = source.split(" + ");
  const folds = foldsFor(protocol, [...sources, ...targets]);
  const own = new Set(folds.flatMap((fold) => [...fold.sources, ...fold.targets]));
  for (const [index, fold] of folds.entries()) {
    const extras = sources.filter((each) => !fold.sources.includes(each));
    const isWhole = fold.targets[0] === targets[0] && fold.sources.every((each) => sources.includes(each));
    if (isWhole && !extras.some((each) => own.has(each))) return { fold: protocol.folds[index]!, extras };
  }
  return null;
}
