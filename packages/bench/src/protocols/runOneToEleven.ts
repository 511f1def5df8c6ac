/** @file Runs One-to-Eleven from end to end: manifest and runs in, score files and report out. */

import { dirname, join } from "node:path";
import { readManifest } from "@candor/data";
import { buildReport } from "../report/buildReport.ts";
import { readThumbnails } from "../report/readThumbnails.ts";
import type { CrossDomainReport } from "../report/report.ts";
import { writeReport, type WrittenReport } from "../report/writeReport.ts";
import { readScores } from "../scores/readScores.ts";
import type { ScoreMetadata } from "../scores/scoreFile.ts";
import { writeScores } from "../scores/writeScores.ts";
import { chooseExplained } from "./chooseExplained.ts";
import { planOneToEleven } from "./oneToEleven.ts";
import { ProtocolError } from "./protocolError.ts";
import { scoreRows, type Predictor } from "./scoreRows.ts";

/** A trained method, opened. */
export interface OpenedRun {
  readonly predictor: Predictor;
  /** Where it comes from; the method is the predictor's. */
  readonly origin: Omit<ScoreMetadata, "method">;
}

/** A run that is asked for. */
export interface RunRequest {
  /** Method that the checkpoint must hold; `null` takes whatever it holds. */
  readonly method: string | null;
  /** Run or checkpoint folder. */
  readonly folder: string;
}

/** Options of {@link runOneToEleven}. */
export interface RunOneToElevenOptions {
  /** Path of the manifest. */
  readonly manifest: string;
  readonly runs: readonly RunRequest[];
  readonly openRun: (folder: string) => Promise<OpenedRun>;
  /** Folder of the score files and the report. */
  readonly out: string;
  readonly seed: number;
  /** Frames a domain that get a sentence; default 16. */
  readonly explain?: number;
  /** Bootstrap resamples; default 1000. */
  readonly resamples?: number;
  /** Images a call; default 32. */
  readonly batch?: number;
  readonly source?: string;
  readonly commands?: readonly string[];
  /** ISO 8601. */
  readonly created: string;
  /** Called while a run scores. */
  readonly onProgress?: (run: string, done: number, all: number) => void;
}

/** What a finished run of the protocol leaves. */
export interface OneToElevenResult {
  readonly report: CrossDomainReport;
  readonly written: WrittenReport;
  readonly scoreFiles: readonly string[];
  readonly warnings: readonly string[];
  /** Images scored a second, all runs together, sentences included. */
  readonly imagesPerSecond: number;
}

/**
 * Scores every run, writes `scores/<method>-seed<seed>.arrow`, reads those files back and reports from them alone.
 *
 * @throws ProtocolError if a checkpoint holds another method than was asked for, or two runs are the same
 * @throws Error of the manifest, the images, the checkpoint or the score files, each naming its cause
 */
export async function runOneToEleven(options: RunOneToElevenOptions): Promise<OneToElevenResult> {
  const { manifest: path, runs, openRun, out, seed, explain = 16, batch = 32, onProgress } = options;
  if (runs.length === 0) throw new ProtocolError("[oneToEleven] no runs were given; name at least one.");
  const manifest = await readManifest(path);
  const plan = planOneToEleven(manifest.rows, options.source);
  const explained = chooseExplained(plan.rows, explain, seed);
  const root = dirname(path);
  const scoreFiles: string[] = [];
  const start = performance.now();
  for (const { method, folder } of runs) {
    const { predictor, origin } = await openRun(folder);
    if (method !== null && predictor.method !== method) {
      throw new ProtocolError(
        `[oneToEleven] ${folder} was asked for as "${method}" but holds "${predictor.method}".`,
      );
    }
    const file = join(out, "scores", `${predictor.method}-seed${origin.seed}.arrow`);
    if (scoreFiles.includes(file)) {
      throw new ProtocolError(
        `[oneToEleven] ${folder} is the second run of "${predictor.method}" with seed ${origin.seed}.`,
      );
    }
    const rows = await scoreRows(predictor, plan.rows, {
      root,
      batch,
      explained,
      onProgress: (done) => onProgress?.(predictor.method, done, plan.rows.length),
    });
    await writeScores(file, { metadata: { method: predictor.method, ...origin }, rows });
    scoreFiles.push(file);
  }
  const seconds = (performance.now() - start) / 1000;
  const files = await Promise.all(scoreFiles.map(readScores));
  const report = buildReport(files, {
    source: plan.source,
    seed,
    resamples: options.resamples ?? 1000,
    commands: options.commands ?? [],
    created: options.created,
  });
  const thumbnails = await readThumbnails(report.samples, { rows: manifest.rows, root });
  const written = await writeReport(out, report, files, { thumbnails });
  return {
    report,
    written,
    scoreFiles,
    warnings: [...manifest.warnings, ...plan.warnings],
    imagesPerSecond: (plan.rows.length * runs.length) / seconds,
  };
}
