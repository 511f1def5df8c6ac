/** @file Writes everything that score files give: tables over seeds, and a page for each set of sources. */

import { join } from "node:path";
import { groupBy } from "../metrics/groupBy.ts";
import type { TrainingCost } from "../protocols/jobs/readTrainings.ts";
import type { ScoreFile } from "../scores/scoreFile.ts";
import { buildReport } from "./buildReport.ts";
import type { SafeHtml } from "./html.ts";
import { methodTable, type MethodTable } from "./methodTable.ts";
import { readThumbnails, type SampleImages } from "./readThumbnails.ts";
import type { CrossDomainReport } from "./report.ts";
import { protocolTitle } from "../protocols/protocols.ts";
import { writeMethodTables } from "./writeMethodTables.ts";
import { writeReport } from "./writeReport.ts";

/** Options of {@link writeReports}. */
export interface WriteReportsOptions {
  readonly out: string;
  /** The training domains of files that do not state them, with commas between; default `"D1"`. */
  readonly source?: string | undefined;
  readonly resamples: number;
  readonly seed: number;
  readonly baseline?: string | undefined;
  /** The methods of all files, where a caller has made the table; it takes a while. */
  readonly table?: MethodTable;
  readonly commands: readonly string[];
  /** What a reader of the tables must know of the folds. */
  readonly foldNotes?: readonly string[];
  /** What each training cost, by method. */
  readonly trainings?: ReadonlyMap<string, TrainingCost> | undefined;
  /** Sections of the page after the methods, such as an ablation's. */
  readonly sections?: readonly SafeHtml[];
  /** Where the sample images are. */
  readonly images?: SampleImages | undefined;
  /** ISO 8601. */
  readonly created: string;
}

/** What was written. */
export interface WrittenReports {
  readonly reports: readonly CrossDomainReport[];
  readonly paths: readonly string[];
}

/**
 * Writes `table.{json,md,tex}`, and `report.{json,md,html}` in `out` itself or, where runs were trained on different
 * sources, in a folder for each set of sources.
 *
 * @throws ReportError or MetricError if the files do not belong together
 */
export async function writeReports(
  files: readonly ScoreFile[],
  options: WriteReportsOptions,
): Promise<WrittenReports> {
  const { out, source = "D1", resamples, seed, baseline, commands, sections = [], images, created } = options;
  const stated = files.map((file) => ({
    ...file,
    metadata: { ...file.metadata, sources: options.source ?? file.metadata.sources ?? source },
  }));
  const overall = options.table ?? methodTable(stated, { resamples, seed, baseline });
  const tables = await writeMethodTables(out, overall, {
    title: protocolTitle(stated[0]!.metadata.protocol ?? "one-to-eleven"),
    scoredBy: stated[0]!.metadata,
    commands,
    foldNotes: options.foldNotes ?? [],
    trainings: options.trainings,
  });
  // Folds may share their sources (one source, several targets) and then were scored on different frames.
  const folds = groupBy(stated, ({ metadata, rows }) => {
    const trained = metadata.sources.split(",");
    const targets = [...new Set(rows.map((row) => row.dataset))].filter((name) => !trained.includes(name));
    return targets.length === 1 ? `${trained.join("+")}-${targets[0]}` : trained.join("+");
  });
  const built = [...folds].map(([name, group]) => ({
    group,
    folder: folds.size === 1 ? out : join(out, name),
    report: buildReport(group, { seed, resamples, commands, created }),
  }));
  const reports = built.map(({ report }) => report);
  const shown = reports.flatMap(({ samples }) => samples);
  const thumbnails = images ? await readThumbnails(shown, images) : new Map<string, string>();
  const pages: string[] = [];
  for (const { group, folder, report } of built) {
    const isTestable = group.some((file) => file.metadata.method === baseline);
    const table =
      folds.size === 1
        ? overall
        : methodTable(group, { resamples, seed, baseline: isTestable ? baseline : undefined });
    pages.push((await writeReport(folder, report, group, { thumbnails, table, sections })).html);
  }
  return { reports, paths: [tables.json, tables.markdown, tables.latex, ...pages] };
}
