/** @file SCF's first stage: a general captioner's caption of every frame. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import {
  captionMany,
  type CaptionManyOptions,
  type CaptionNoise,
  type CaptionProgress,
  noisyCaption,
  openCaptionJournal,
  readCaptionFile,
} from "@candor/data";
import type { Predictor } from "../predictor/predictor.ts";
import { captionByModel } from "./captionByModel.ts";
import type { CaptionWork } from "./captionWork.ts";

/** Who captions. */
export type GeneralCaptioner =
  | { readonly kind: "file"; readonly file: string }
  | { readonly kind: "server"; readonly server: Omit<CaptionManyOptions, "root"> }
  | {
      readonly kind: "model";
      readonly folder: string;
      readonly captioner: Predictor;
      readonly shards?: string | undefined;
    }
  | { readonly kind: "noise"; readonly noise: CaptionNoise };

export interface GeneralCounts {
  readonly captioner: GeneralCaptioner["kind"];
  readonly frames: number;
  readonly captioned: number;
  /** Captions that were there before. */
  readonly kept: number;
  /** Captions of the file that are of no frame here. */
  readonly unused?: number;
  readonly server?: Omit<CaptionProgress, "done" | "total">;
  /** The noisy captioner's rates, as drawn. */
  readonly noise?: { readonly missing: number; readonly wrong: number; readonly falseOnLive: number };
}

/**
 * Captions all frames, spoof and live; frames that have a caption keep it.
 *
 * @param onProgress told of frames done
 * @throws Error if the folder holds captions by another captioner, or the captioner fails; what was done is kept
 */
export async function generalStage(
  work: CaptionWork,
  by: GeneralCaptioner,
  onProgress: (done: number, total: number) => void = () => {},
  signal?: AbortSignal,
): Promise<GeneralCounts> {
  const { rows, root, files, stamp } = work;
  // Wrong files and numbers are told before a journal is begun.
  const given = by.kind === "file" ? await readCaptionFile(by.file) : undefined;
  const journal = openCaptionJournal(files.general, { stage: "general", manifest: stamp, ...settingsOf(by) });
  try {
    const kept = rows.filter(({ id }) => journal.records.has(id)).length;
    let more: Partial<GeneralCounts> = {};
    if (by.kind === "server") {
      const { done: _, total: __, ...server } = await captionMany(rows, journal, { ...by.server, root });
      more = { server };
    } else if (by.kind === "model") {
      await captionByModel(by.captioner, rows, journal, { root, shards: by.shards, onProgress, signal });
    } else {
      for (const row of rows) {
        if (signal?.aborted) break;
        if (journal.records.has(row.id)) continue;
        if (by.kind === "noise") {
          const { caption, items, missed, foreign } = noisyCaption(row, by.noise);
          journal.add({ id: row.id, caption, drawn: { items, missed, ...(foreign ? { foreign } : {}) } });
        } else {
          const caption = given?.get(row.id);
          if (caption !== undefined) journal.add({ id: row.id, caption });
        }
      }
    }
    if (given) {
      const ids = new Set(rows.map(({ id }) => id));
      more = { unused: [...given.keys()].filter((id) => !ids.has(id)).length };
    }
    if (by.kind === "noise") more = { noise: drawnRates(work, journal.records) };
    const captioned = rows.filter(({ id }) => journal.records.has(id)).length;
    return { captioner: by.kind, frames: rows.length, captioned, kept, ...more };
  } finally {
    journal.close();
  }
}

/** What captions depend on; a key, rates and waits are no part of it. */
function settingsOf(by: GeneralCaptioner): Record<string, unknown> {
  if (by.kind === "file") {
    const sha256 = createHash("sha256").update(readFileSync(by.file)).digest("hex").slice(0, 16);
    return { captioner: by.kind, file: basename(by.file), sha256 };
  }
  if (by.kind === "server") {
    const { endpoint, model, prompt, maxTokens } = by.server;
    return { captioner: by.kind, endpoint, model, prompt, maxTokens };
  }
  if (by.kind === "model") return { captioner: by.kind, folder: by.folder, step: by.captioner.step };
  const { seed, missing, wrong, falseOnLive } = by.noise;
  return { captioner: by.kind, seed, missing, wrong, falseOnLive };
}

function drawnRates(
  { rows }: CaptionWork,
  records: ReadonlyMap<string, { readonly drawn?: { items: number; missed: number; foreign?: string } }>,
) {
  const sums = { items: 0, missed: 0, spoof: 0, wrong: 0, live: 0, falseOnLive: 0 };
  for (const { id, label } of rows) {
    const drawn = records.get(id)?.drawn;
    if (!drawn) continue;
    sums.items += drawn.items;
    sums.missed += drawn.missed;
    sums[label]++;
    if (drawn.foreign !== undefined) sums[label === "spoof" ? "wrong" : "falseOnLive"]++;
  }
  return {
    missing: sums.missed / sums.items,
    wrong: sums.wrong / sums.spoof,
    falseOnLive: sums.falseOnLive / sums.live,
  };
}
