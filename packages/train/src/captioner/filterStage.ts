/** @file SCF's second stage: pairs whose caption holds a keyword of the image's own attack. */

import { renameSync, writeFileSync } from "node:fs";
import {
  filterCaptions,
  type FilterCounts,
  type KeywordDictionary,
  type ManifestRow,
  readCaptionJournal,
  writeManifest,
} from "@candor/data";
import type { CaptionWork } from "./captionWork.ts";

/**
 * Filters the general captions; the verdicts go into the stage's file, and the kept pairs into a manifest.
 *
 * It needs a moment only, and so does it all again each time: another dictionary needs no other folder.
 *
 * @throws Error if the stage before has not been run, or no pair of the train split is kept
 */
export async function filterStage(work: CaptionWork, keywords: KeywordDictionary): Promise<FilterCounts> {
  const { settings, captions } = readGeneral(work);
  const { pairs, counts } = filterCaptions(work.rows, captions, keywords, settings["captioner"] === "noise");
  const lines = pairs.map((pair) => JSON.stringify({ ...pair, kept: pair.keywords.length > 0 }));
  writeFileSync(`${work.files.filter}.tmp`, lines.map((line) => `${line}\n`).join(""));
  renameSync(`${work.files.filter}.tmp`, work.files.filter);
  const kept = new Map(
    pairs.flatMap(({ id, caption, keywords: found }) => (found.length > 0 ? [[id, caption]] : [])),
  );
  const rows = work.rows.flatMap((row): ManifestRow[] => {
    const caption = kept.get(row.id);
    return caption === undefined ? [] : [{ ...row, captionGeneral: caption, captionSpoof: caption }];
  });
  if (!rows.some(({ split }) => split === "train")) {
    throw new Error(
      `none of ${counts.spoof} captions of spoof frames holds a keyword of its attack in the train split; ` +
        "see --keywords, or take another captioner",
    );
  }
  await writeManifest(work.pairs, rows, { ...work.metadata, captions: "the pairs that SCF's filter kept" });
  return counts;
}

/** The general captions by frame id, and how they were made. */
export function readGeneral({ files, stamp }: CaptionWork) {
  const { settings, records } = readCaptionJournal(files.general);
  if (settings["manifest"] !== stamp) {
    throw new Error(
      `${files.general} holds captions of another manifest (or this one has changed since); give another --work`,
    );
  }
  return { settings, captions: new Map([...records].map(([id, { caption }]) => [id, caption])) };
}
