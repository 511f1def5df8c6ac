/** @file Where the stages of SCF keep their work, and which rows they work on. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type ManifestRow, readManifest, type Split } from "@candor/data";

/** A manifest that is being captioned. */
export interface CaptionWork {
  /** The manifest's path, absolute. */
  readonly manifest: string;
  /** Its folder, which image paths are relative to. */
  readonly root: string;
  /** All of its rows, and those that are captioned. */
  readonly all: readonly ManifestRow[];
  readonly rows: readonly ManifestRow[];
  readonly metadata: Readonly<Record<string, string>>;
  /** First digits of the manifest's sha256: captions belong to one manifest. */
  readonly stamp: string;
  readonly files: Readonly<Record<"general" | "filter" | "grounding" | "captioner" | "recaption", string>>;
  /** The kept pairs as a manifest; it lies beside the given one, as image paths are relative. */
  readonly pairs: string;
}

/**
 * Opens a manifest for captioning.
 *
 * @param work folder of the stages' files
 * @param splits the splits to caption
 * @param datasets the data sets to caption; all of the manifest where none are named
 * @throws Error if no row is left
 */
export async function openCaptionWork(
  manifest: string,
  work: string,
  splits: readonly Split[],
  datasets: readonly string[] = [],
): Promise<CaptionWork> {
  const file = resolve(manifest);
  const { rows: all, metadata } = await readManifest(file);
  const rows = all.filter(
    (row) => splits.includes(row.split) && (datasets.length === 0 || datasets.includes(row.dataset)),
  );
  if (rows.length === 0) {
    const known = [...new Set(all.map((row) => row.dataset))].join(", ") || "none";
    throw new Error(
      `${manifest} has no rows of split ${splits.join(", ")} to caption; its data sets are ${known}`,
    );
  }
  return {
    manifest: file,
    root: dirname(file),
    all,
    rows,
    metadata,
    stamp: createHash("sha256").update(readFileSync(file)).digest("hex").slice(0, 16),
    files: {
      general: join(work, "general.jsonl"),
      filter: join(work, "filter.jsonl"),
      grounding: join(work, "grounding"),
      captioner: join(work, "captioner"),
      recaption: join(work, "recaption.jsonl"),
    },
    pairs: besides(file, "pairs"),
  };
}

/** `faces.arrow` -> `faces.<word>.arrow`, in the same folder. */
export function besides(manifest: string, word: string): string {
  return join(dirname(manifest), `${basename(manifest).replace(/\.arrow$/, "")}.${word}.arrow`);
}
