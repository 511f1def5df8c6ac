/** @file Methods by target over seeds: means, deviations, intervals over subjects and paired tests, from score files alone. */

import { auc } from "../metrics/auc.ts";
import type { Interval } from "../metrics/bootstrap.ts";
import { groupBy } from "../metrics/groupBy.ts";
import { hterAt, hterLiterature } from "../metrics/hter.ts";
import { deviation, mean } from "../metrics/mean.ts";
import { alignRuns } from "../metrics/paired/pairedRuns.ts";
import { pairedDifference, type PairedDifference } from "../metrics/paired/pairedDifference.ts";
import { percentileInterval, subjectBootstrap, type DomainRuns } from "../metrics/paired/subjectBootstrap.ts";
import type { ScoredSample } from "../metrics/scoredSample.ts";
import { tprAtFpr } from "../metrics/tprAtFpr.ts";
import { videoScores } from "../metrics/videoScores.ts";
import { devThreshold } from "../scores/devThreshold.ts";
import type { Unit } from "../scores/judgeScores.ts";
import type { ScoreFile } from "../scores/scoreFile.ts";
import { ReportError } from "./reportError.ts";

/** The figures of a method table, and whether a bootstrap over subjects gives their interval. */
export const methodFigures = [
  { key: "hterLiterature", head: "HTER, literature", lowerIsBetter: true, hasInterval: true },
  { key: "hterAtDevThreshold", head: "HTER, dev threshold", lowerIsBetter: true, hasInterval: true },
  { key: "auc", head: "AUC", lowerIsBetter: false, hasInterval: true },
  { key: "tprAtFpr1Live", head: "TPR@FPR=1%, positive = live", lowerIsBetter: false, hasInterval: false },
] as const;

/** Why a figure of {@link methodFigures} is without an interval, for readers of a table. */
export const whyNoInterval =
  "TPR@FPR=1% has no interval: of fewer than 100 spoofs none may be accepted, so that the highest one sets the threshold; a resample may lose it and never finds a higher one, and a bootstrap lies too high, often above the figure itself.";

/** Key of a figure. */
export type MethodFigure = (typeof methodFigures)[number]["key"];

/** A figure over the seeds of a method. */
export interface SeedFigure {
  readonly mean: number;
  /** Sample standard deviation over seeds; `null` with one seed. */
  readonly deviation: number | null;
  /** Of the mean, over subjects; `null` without resamples, with too few subjects, or for a figure that has none. */
  readonly interval: Interval | null;
  /** One value a seed. */
  readonly values: readonly number[];
}

/** Figures of a method in one column; `null` where one does not exist. */
export type MethodCell = Readonly<Record<MethodFigure, SeedFigure | null>>;

/** A method with a cell a target and the mean over targets. */
export interface MethodRow {
  readonly method: string;
  readonly seeds: readonly string[];
  readonly cells: readonly (MethodCell | null)[];
  /** `null` where a target is missing: a mean over fewer targets must not stand beside the others. */
  readonly mean: MethodCell | null;
  /** Against the baseline, over all targets; `null` for the baseline itself and where a target is missing. */
  readonly against: Readonly<Record<"hterLiterature" | "auc", PairedDifference>> | null;
}

/** A table of methods and targets. */
export interface MethodTable {
  readonly protocol: string;
  readonly unit: Unit;
  /** Data sets trained on and tested, a column each. */
  readonly columns: readonly { readonly sources: string; readonly target: string }[];
  readonly baseline: string;
  readonly rows: readonly MethodRow[];
  readonly resamples: number;
  readonly seed: number;
  readonly notes: readonly string[];
}

/** Options of {@link methodTable}. */
export interface MethodTableOptions {
  readonly unit?: Unit;
  /** Bootstrap resamples; 0 leaves intervals and tests out. */
  readonly resamples: number;
  readonly seed: number;
  /** The method that the others are tested against; default I-FAS, or the first by name where it is not there. */
  readonly baseline?: string | undefined;
}

interface Run {
  readonly samples: readonly ScoredSample[];
  readonly devThreshold: number | null;
}

/**
 * Builds the table; a file's sources are those of its metadata.
 *
 * @throws ReportError if there are no files, two are of the same fold, method and seed, or the baseline is unknown
 * @throws MetricError if runs of a column were scored on different samples
 */
export function methodTable(files: readonly ScoreFile[], options: MethodTableOptions): MethodTable {
  const { unit = "video", resamples, seed } = options;
  const first = files[0];
  if (!first) throw new ReportError("[methodTable] no score files were given.");
  const columns = new Map<string, { readonly sources: string; readonly target: string }>();
  // Method, then column, then seed.
  const runs = new Map<string, Map<string, Map<string, Run>>>();
  for (const { metadata, rows } of files) {
    const sources = (metadata.sources ?? "not stated").split(",");
    const byUnit = (group: ScoreFile["rows"]): readonly ScoredSample[] =>
      unit === "frame" ? group : videoScores(group);
    const threshold = devThreshold(rows, unit);
    const tested = rows.filter((row) => row.split === "test" && !sources.includes(row.dataset));
    for (const [target, group] of groupBy(tested, (row) => row.dataset)) {
      const column = { sources: sources.join(" + "), target };
      const key = `${column.sources} → ${target}`;
      columns.set(key, column);
      const ofMethod = entry(runs, metadata.method, () => new Map<string, Map<string, Run>>());
      const ofColumn = entry(ofMethod, key, () => new Map<string, Run>());
      if (ofColumn.has(metadata.seed)) {
        throw new ReportError(
          `[methodTable] two score files are ${metadata.method}, seed ${metadata.seed}, ${key}.`,
        );
      }
      ofColumn.set(metadata.seed, { samples: byUnit(group), devThreshold: threshold });
    }
  }
  const names = [...runs.keys()].toSorted(natural);
  const baseline = options.baseline ?? (names.includes("ifas") ? "ifas" : names[0]);
  const ofBaseline = baseline === undefined ? undefined : runs.get(baseline);
  if (baseline === undefined || !ofBaseline) {
    throw new ReportError(
      `[methodTable] no scores of the baseline "${baseline}"; there are ${names.join(", ")}.`,
    );
  }
  const keys = [...columns.keys()].toSorted(natural);
  const notes: string[] = [];
  const rowOf = (method: string): MethodRow => {
    const ofMethod = runs.get(method)!;
    const cellRuns = keys.map((key) => (ofMethod.has(key) ? [...ofMethod.get(key)!.values()] : null));
    const complete = cellRuns.every((cell) => cell !== null);
    const seeds = [...new Set([...ofMethod.values()].flatMap((cell) => [...cell.keys()]))].toSorted(natural);
    const lacking = keys.filter((key) => seeds.some((each) => !ofMethod.get(key)?.has(each)));
    if (lacking.length > 0) notes.push(`${method} lacks seeds in ${lacking.join("; ")}.`);
    const even = complete && lacking.length === 0;
    return {
      method,
      seeds,
      cells: cellRuns.map((cell) => cell && cellOf([cell], { resamples, seed })),
      mean: even ? cellOf(cellRuns, { resamples, seed }) : null,
      against:
        method === baseline || !even || resamples === 0
          ? null
          : compare(ofMethod, ofBaseline, keys, { resamples, seed }),
    };
  };
  const rows = names.map(rowOf);
  return {
    protocol: first.metadata.protocol ?? "not stated",
    unit,
    columns: keys.map((key) => columns.get(key)!),
    baseline,
    rows,
    resamples,
    seed,
    notes,
  };
}

const metrics: Readonly<
  Record<MethodFigure, (samples: readonly ScoredSample[], threshold: number | null) => number>
> = {
  hterLiterature: (samples) => hterLiterature(samples).hter,
  hterAtDevThreshold: (samples, threshold) => hterAt(samples, threshold!).hter,
  auc,
  tprAtFpr1Live: (samples) => tprAtFpr(samples),
};

// Figures of one or several targets, each counting the same: [target][seed].
function cellOf(
  targets: readonly (readonly Run[])[],
  options: { readonly resamples: number; readonly seed: number },
): MethodCell {
  const aligned = targets.map((runs) => alignRuns(runs.map((run) => run.samples)));
  const present = targets.flat().every((run) => hasBoth(run.samples));
  const entries = methodFigures.map(({ key, hasInterval }) => {
    const blank =
      !present || (key === "hterAtDevThreshold" && targets.flat().some((run) => run.devThreshold === null));
    if (blank) return [key, null];
    const perSeed = (domains: readonly DomainRuns[]) =>
      domains[0]!.map((_, run) =>
        mean(domains.map((runs, target) => metrics[key](runs[run]!, targets[target]![run]!.devThreshold))),
      );
    const values = perSeed(aligned);
    const drawn =
      hasInterval && options.resamples > 0
        ? subjectBootstrap(aligned, (domains) => mean(perSeed(domains)), options)
        : null;
    return [
      key,
      {
        mean: mean(values),
        deviation: deviation(values),
        interval: drawn && percentileInterval(drawn),
        values,
      },
    ];
  });
  return Object.fromEntries(entries) as MethodCell;
}

function compare(
  method: ReadonlyMap<string, ReadonlyMap<string, Run>>,
  baseline: ReadonlyMap<string, ReadonlyMap<string, Run>>,
  keys: readonly string[],
  options: { readonly resamples: number; readonly seed: number },
): MethodRow["against"] {
  const samplesOf = (runs: ReadonlyMap<string, Run> | undefined) =>
    [...(runs?.values() ?? [])].map((run) => run.samples);
  const domains = keys.map((key) => ({
    first: samplesOf(method.get(key)),
    second: samplesOf(baseline.get(key)),
  }));
  const testable = domains.every(
    ({ first, second }) => second.length > 0 && [...first, ...second].every(hasBoth),
  );
  if (!testable) return null;
  return {
    hterLiterature: pairedDifference(
      domains,
      metrics.hterLiterature as (s: readonly ScoredSample[]) => number,
      options,
    ),
    auc: pairedDifference(domains, auc, options),
  };
}

function hasBoth(samples: readonly ScoredSample[]): boolean {
  return new Set(samples.map((sample) => sample.label)).size === 2;
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}

function natural(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
