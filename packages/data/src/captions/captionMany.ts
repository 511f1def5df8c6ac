/** @file Captions for many frames by a server: several at once, not faster than a rate, each kept as it comes. */
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { ManifestRow } from "../manifest/manifest.ts";
import { imageDataUrl } from "./captionImage.ts";
import type { CaptionJournal } from "./captionJournal.ts";
import { captionByServer, CaptionServerError } from "./captionServer.ts";
import type { CaptionServerOptions } from "./captionServer.ts";

/** How many frames are asked for, and how fast. */
export interface CaptionManyOptions extends CaptionServerOptions {
  /** The manifest's folder. */
  readonly root: string;
  /** Requests in flight. */
  readonly jobs: number;
  /** Most requests a minute; as fast as the server answers where it is not given. Retries wait by themselves. */
  readonly rate?: number | undefined;
  readonly onProgress?: (progress: CaptionProgress) => void;
}

/** What came of it so far. */
export interface CaptionProgress {
  readonly done: number;
  readonly failed: number;
  /** Captions that were at their most tokens, and may end in the middle; they are kept. */
  readonly cut: number;
  readonly total: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly retries: number;
}

/** Frames in a row without a caption after which the server counts as down. */
const mostFailures = 5;

/**
 * Captions the rows that the journal lacks. What is done is in the journal, whatever comes after.
 * @param rows frames in any order
 * @param journal gets a record as each caption comes
 * @param options which server, and how fast
 * @returns counts; frames that failed alone are asked for again by the next run
 * @throws CaptionServerError where the server refuses, or fails for five frames in a row; the signal's reason if it is aborted
 */
export async function captionMany(
  rows: readonly ManifestRow[],
  journal: CaptionJournal,
  options: CaptionManyOptions,
): Promise<CaptionProgress> {
  const { root, jobs, rate, signal, warn } = options;
  const open = rows.filter(({ id }) => !journal.records.has(id));
  const progress = {
    done: rows.length - open.length,
    failed: 0,
    cut: 0,
    total: rows.length,
    promptTokens: 0,
    completionTokens: 0,
    retries: 0,
  };
  const abort = new AbortController();
  const stopped = signal ? AbortSignal.any([signal, abort.signal]) : abort.signal;
  const turn = rateGate(rate, stopped);
  let failures = 0;
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let row = open[next++]; row && !stopped.aborted; row = open[next++]) {
      await turn();
      try {
        const image = await imageDataUrl(join(root, row.path));
        const { caption, cut, promptTokens, completionTokens, tries } = await captionByServer(image, {
          ...options,
          signal: stopped,
        });
        journal.add({ id: row.id, caption });
        progress.done++;
        if (cut) progress.cut++;
        progress.promptTokens += promptTokens;
        progress.completionTokens += completionTokens;
        progress.retries += tries - 1;
        failures = 0;
      } catch (cause) {
        if (!(cause instanceof CaptionServerError)) throw cause;
        progress.failed++;
        if (cause.final || ++failures >= mostFailures) {
          const kept = `${progress.done} of ${progress.total} captions are kept; run the same command again to go on`;
          throw new CaptionServerError(`${cause.message}. ${kept}`, true, { cause });
        }
        warn?.(`${row.id} has no caption: ${cause.message}`);
      }
      options.onProgress?.({ ...progress });
    }
  };
  const workers = Array.from({ length: jobs }, () =>
    worker().catch((error: unknown) => {
      abort.abort(error);
    }),
  );
  await Promise.all(workers);
  if (stopped.aborted) throw stopped.reason;
  return progress;
}

/** Gives turns that are at least 60 / rate seconds apart. */
function rateGate(rate: number | undefined, signal: AbortSignal): () => Promise<void> {
  if (rate === undefined) return () => Promise.resolve();
  if (!(rate > 0)) throw new RangeError(`[captions] rate must be above 0 requests a minute, got ${rate}`);
  let free = 0;
  return async () => {
    const now = performance.now();
    const start = Math.max(free, now);
    free = start + 60_000 / rate;
    if (start > now) await setTimeout(start - now, undefined, { signal });
  };
}
