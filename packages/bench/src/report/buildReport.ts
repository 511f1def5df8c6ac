/** @file Computes a cross-domain report from score files, and from nothing else. */

import { judgeExplanations } from "../explanations/judgeExplanations.ts";
import { groupBy } from "../metrics/groupBy.ts";
import { judgeSamples } from "../metrics/judgeSamples.ts";
import { deviation, mean } from "../metrics/mean.ts";
import type { ScoredSample } from "../metrics/scoredSample.ts";
import { videoScores } from "../metrics/videoScores.ts";
import { devSamples, devThreshold } from "../scores/devThreshold.ts";
import type { ScoreFile, ScoreRow } from "../scores/scoreFile.ts";
import { averagedFigures, type Averages, type CrossDomainReport, type DomainResult } from "./report.ts";
import type { RunResult, SeedSpread } from "./report.ts";
import { ReportError } from "./reportError.ts";
import { sampleVerdicts } from "./sampleVerdicts.ts";

/** Options of {@link buildReport}. */
export interface BuildReportOptions {
  /** The training domains, with commas between; their dev splits give the threshold. Default: as the files say, else `"D1"`. */
  readonly source?: string;
  /** Seed of the intervals and of the sample verdicts. */
  readonly seed: number;
  /** Bootstrap resamples; default 1000. */
  readonly resamples?: number;
  /** Number of sample verdicts; default 8. */
  readonly samples?: number;
  readonly commands?: readonly string[];
  /** ISO 8601. */
  readonly created: string;
}

/**
 * Builds the report; the first file with sentences gives the sample verdicts.
 *
 * @throws ReportError if the files do not cover the same frames, hold no target, or repeat a method and seed
 * @throws MetricError if the frames of a video contradict each other
 */
export function buildReport(files: readonly ScoreFile[], options: BuildReportOptions): CrossDomainReport {
  const { seed, resamples = 1000, samples = 8, commands = [], created } = options;
  const first = files[0];
  if (!first) throw new ReportError("[buildReport] no score files were given.");
  const sources = (options.source ?? first.metadata.sources ?? "D1").split(",");
  const source = sources.join(" + ");
  assertSameFrames(files);
  const targets = [...new Set(first.rows.map((row) => row.dataset))]
    .filter((dataset) => !sources.includes(dataset))
    .toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }));
  if (targets.length === 0) {
    throw new ReportError(
      `[buildReport] every row belongs to the source "${source}"; there is no target to test on.`,
    );
  }
  const names = runNames(files);
  const runs = files.map((file, index) =>
    judgeRun(file, names[index]!, sources, targets, { seed, resamples }),
  );
  const shown = runs.find((run) => run.explanations.sentences > 0) ?? runs[0]!;
  return {
    protocol: first.metadata.protocol ?? "one-to-eleven",
    source,
    targets,
    rendered: [...sources, ...targets].every((dataset) => /^D\d+$/.test(dataset)),
    unit: "video",
    seed,
    resamples,
    runs,
    spreads: seedSpreads(runs),
    samples: sampleVerdicts(files[runs.indexOf(shown)]!.rows, shown, targets, { seed, count: samples }),
    commands,
    created,
  };
}

function judgeRun(
  file: ScoreFile,
  name: string,
  sources: readonly string[],
  targets: readonly string[],
  options: { seed: number; resamples: number },
): RunResult {
  const ofSources = file.rows.filter((row) => sources.includes(row.dataset));
  const threshold = devThreshold(ofSources);
  const judgeDomain = (dataset: string, role: DomainResult["role"]): DomainResult[] => {
    const rows = file.rows.filter((row) => row.dataset === dataset && row.split === "test");
    if (rows.length === 0) return [];
    const judge = (samples: readonly ScoredSample[], resamples: number) =>
      judgeSamples(samples, { devThreshold: threshold, seed: options.seed, resamples });
    return [
      {
        dataset,
        role,
        videos: judge(videoScores(rows), options.resamples),
        frames: judge(rows, 0),
        explanations: judgeExplanations(rows, threshold ?? 0.5),
      },
    ];
  };
  const domains = [
    ...sources.flatMap((source) => judgeDomain(source, "source")),
    ...targets.flatMap((target) => judgeDomain(target, "target")),
  ];
  const tested = file.rows.filter((row) => !sources.includes(row.dataset) && row.split === "test");
  return {
    name,
    metadata: file.metadata,
    devThreshold: threshold,
    devVideos: devSamples(ofSources).length,
    domains,
    averages: averageDomains(domains.filter((domain) => domain.role === "target")),
    explanations: judgeExplanations(tested, threshold ?? 0.5),
  };
}

function averageDomains(domains: readonly DomainResult[]): Averages {
  return averagesOf((figure) => domains.map((domain) => domain.videos[figure]), mean);
}

function seedSpreads(runs: readonly RunResult[]): SeedSpread[] {
  return [...groupBy(runs, (run) => run.metadata.method)]
    .filter(([, group]) => group.length > 1)
    .map(([method, group]) => {
      const values = (figure: keyof Averages) => group.map((run) => run.averages[figure]);
      return {
        method,
        seeds: group.map((run) => run.metadata.seed),
        mean: averagesOf(values, mean),
        deviation: averagesOf(values, deviation),
      };
    });
}

function averagesOf(
  values: (figure: keyof Averages) => readonly (number | null)[],
  combine: (values: readonly number[]) => number | null,
): Averages {
  const entries = averagedFigures.map((figure) => {
    const present = values(figure);
    const complete = present.length > 0 && !present.includes(null);
    return [figure, complete ? combine(present as readonly number[]) : null];
  });
  return Object.fromEntries(entries) as Averages;
}

function runNames(files: readonly ScoreFile[]): string[] {
  const methods = groupBy(files, (file) => file.metadata.method);
  const names = files.map(({ metadata: { method, seed } }) =>
    methods.get(method)!.length > 1 ? `${method} · seed ${seed}` : method,
  );
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated)
    throw new ReportError(`[buildReport] two score files are both "${repeated}"; give one of each.`);
  return names;
}

// Methods are compared frame by frame: a run that skipped the hard frames must not look better.
function assertSameFrames(files: readonly ScoreFile[]): void {
  const [first, ...others] = files.map((file) => new Set(file.rows.map(frameKey)));
  others.forEach((frames, index) => {
    const missing =
      [...first!].find((frame) => !frames.has(frame)) ?? [...frames].find((frame) => !first!.has(frame));
    if (missing === undefined) return;
    throw new ReportError(
      `[buildReport] ${runOf(files[0]!)} and ${runOf(files[index + 1]!)} were scored on different frames; ` +
        `the first that only one of them has: ${missing}. Score both on the same manifest.`,
    );
  });
}

function frameKey({ id, dataset, split, video, label, attack }: ScoreRow): string {
  return JSON.stringify([id, dataset, split, video, label, attack]);
}

function runOf({ metadata: { method, seed } }: ScoreFile): string {
  return `${method} (seed ${seed})`;
}
