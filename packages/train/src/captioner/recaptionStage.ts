/** @file SCF's fourth stage: the spoof-aware captioner captions every spoof frame again, and a manifest takes the captions. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import {
  attackNamed,
  filterCaptions,
  type FilterCounts,
  type KeywordDictionary,
  type ManifestRow,
  openCaptionJournal,
  type Split,
  writeManifest,
} from "@candor/data";
import type { Predictor } from "../predictor/predictor.ts";
import { captionByModel, type CaptionByModelOptions } from "./captionByModel.ts";
import type { CaptionWork } from "./captionWork.ts";
import { readGeneral } from "./filterStage.ts";
import { stampFile } from "./finetuneStage.ts";

/** What the stage captioned, and how the new captions compare with the general ones. */
export interface RecaptionCounts {
  readonly spoof: number;
  readonly captioned: number;
  /** Captions that were there before. */
  readonly kept: number;
  /** Different sentences among the new captions. */
  readonly distinct: number;
  /** Live frames, which keep the general caption; those without one have an empty one. */
  readonly live: number;
  readonly liveWithout: number;
  /** The filter's counts on the general captions and on the new ones. */
  readonly before: FilterCounts;
  readonly after: FilterCounts;
  /** Different attacks among the spoof frames. */
  readonly attacks: number;
  /** Spoof captions that name the frame's attack, by split: kept pairs of train are what the captioner learnt from. */
  readonly named: Readonly<Partial<Record<Split, NamedCounts>>>;
  /** The manifest; absent when the stage was stopped before its end. */
  readonly out?: string;
}

/** Shares of the captioned spoof frames whose caption names their attack, by `attackNamed`. */
export interface NamedCounts {
  readonly frames: number;
  /** By the general captions and by the new ones. */
  readonly before: number;
  readonly after: number;
  /** By the new ones if they were dealt out at random: what a captioner that ignores the image reaches. */
  readonly shuffled: number;
}

/** How frames are captioned and judged, and where the new manifest goes. */
export interface RecaptionOptions extends Omit<CaptionByModelOptions, "root"> {
  readonly keywords: KeywordDictionary;
  /** The new manifest, in the folder of the old one. */
  readonly out: string;
}

/**
 * Captions all spoof frames by C_S. Live frames keep the caption of C_G, in both columns. Rows that were not captioned, as
 * of other splits, keep what they have.
 *
 * @param captioner the model that {@link finetuneStage} trained
 * @throws Error if `out` does not lie beside the manifest, or frames have no caption
 */
export async function recaptionStage(
  work: CaptionWork,
  captioner: Predictor,
  options: RecaptionOptions,
): Promise<RecaptionCounts> {
  const { keywords, out, signal } = options;
  checkOut(work, out);
  const { settings, captions: general } = readGeneral(work);
  const spoof = work.rows.filter(({ label }) => label === "spoof");
  const live = work.rows.filter(({ label }) => label === "live");
  const stamp = createHash("sha256")
    .update(readFileSync(stampFile(work.files.captioner)))
    .digest("hex");
  const journal = openCaptionJournal(work.files.recaption, {
    stage: "recaption",
    manifest: work.stamp,
    captioner: stamp.slice(0, 16),
    step: captioner.step,
  });
  let kept: number;
  let missing: number;
  try {
    kept = spoof.filter(({ id }) => journal.records.has(id)).length;
    missing = await captionByModel(captioner, spoof, journal, { ...options, root: work.root });
  } finally {
    journal.close();
  }
  const again = new Map([...journal.records].map(([id, { caption }]) => [id, caption]));
  const after = new Map([...again, ...live.flatMap(({ id }) => entryOf(general, id))]);
  const rendered = settings["captioner"] === "noise";
  const counts = {
    spoof: spoof.length,
    captioned: spoof.filter(({ id }) => again.has(id)).length,
    kept,
    distinct: new Set(again.values()).size,
    live: live.length,
    liveWithout: live.filter(({ id }) => !general.has(id)).length,
    before: filterCaptions(work.rows, general, keywords, rendered).counts,
    after: filterCaptions(work.rows, after, keywords, rendered).counts,
    attacks: new Set(spoof.map(({ attack }) => attack)).size,
    named: namedBySplit(spoof, general, again),
  };
  if (signal?.aborted) return counts;
  if (missing > 0)
    throw new Error(`${missing} spoof frames have no crop in ${options.shards}; crop the manifest again`);
  await writeManifest(out, newRows(work, general, again), {
    ...work.metadata,
    captions: `SCF: general captions by ${JSON.stringify(settings)}, spoof frames captioned again at step ${captioner.step}`,
  });
  return { ...counts, out };
}

function newRows(
  work: CaptionWork,
  general: ReadonlyMap<string, string>,
  again: ReadonlyMap<string, string>,
): ManifestRow[] {
  const captioned = new Set(work.rows.map(({ id }) => id));
  return work.all.map((row) => {
    if (!captioned.has(row.id)) return row;
    const captionGeneral = general.get(row.id) ?? "";
    return { ...row, captionGeneral, captionSpoof: again.get(row.id) ?? captionGeneral };
  });
}

function namedBySplit(
  spoof: readonly ManifestRow[],
  general: ReadonlyMap<string, string>,
  again: ReadonlyMap<string, string>,
): Partial<Record<Split, NamedCounts>> {
  const captioned = spoof.filter(({ id }) => again.has(id));
  const counts: Partial<Record<Split, NamedCounts>> = {};
  for (const split of new Set(captioned.map((row) => row.split))) {
    const rows = captioned.filter((row) => row.split === split);
    counts[split] = {
      frames: rows.length,
      before: shareNamed(rows, general),
      after: shareNamed(rows, again),
      shuffled: shareNamedShuffled(rows, again),
    };
  }
  return counts;
}

function shareNamed(rows: readonly ManifestRow[], captions: ReadonlyMap<string, string>): number {
  return rows.filter(({ id, attack }) => attackNamed(captions.get(id) ?? "") === attack).length / rows.length;
}

/** The expectation over all orders of the captions: no draw is needed. */
function shareNamedShuffled(rows: readonly ManifestRow[], captions: ReadonlyMap<string, string>): number {
  const frames = tally(rows.map(({ attack }) => attack));
  const names = tally(rows.map(({ id }) => attackNamed(captions.get(id) ?? "")));
  const hits = [...frames].reduce((sum, [attack, count]) => sum + count * (names.get(attack) ?? 0), 0);
  return hits / rows.length ** 2;
}

function tally<T>(values: readonly T[]): ReadonlyMap<T | undefined, number> {
  const counts = new Map<T | undefined, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function entryOf(captions: ReadonlyMap<string, string>, id: string): [string, string][] {
  const caption = captions.get(id);
  return caption === undefined ? [] : [[id, caption]];
}

/** Image paths are relative to the manifest's folder. */
function checkOut(work: CaptionWork, out: string): void {
  if (dirname(resolve(out)) !== work.root || [work.manifest, work.pairs].includes(resolve(out))) {
    throw new Error(
      `--out=${out} must be another file in ${work.root}, as image paths are relative to the manifest`,
    );
  }
}
