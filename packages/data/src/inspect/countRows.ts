/** @file Counts of a manifest: split x label x attack, and how they stand against published counts. */
import type { PublishedCount } from "../loaders/datasetLoader.ts";
import { attacks, splits } from "../manifest/manifest.ts";
import type { Attack, Label, ManifestRow, Split } from "../manifest/manifest.ts";

/** One line of the summary. */
export interface CountLine {
  dataset: string;
  split: Split;
  label: Label;
  attack: Attack;
  subjects: number;
  videos: number;
  frames: number;
}

/** A published count beside ours. */
export interface CountComparison extends PublishedCount {
  found: number;
}

/**
 * Counts rows by data set, split, label and attack.
 * @param rows the manifest's rows
 * @returns lines by data set, then in the splits' and the attacks' order
 */
export function countRows(rows: readonly ManifestRow[]): CountLine[] {
  const groups = new Map<string, ManifestRow[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.dataset, row.split, row.attack]);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  const lines = [...groups.values()].map((group): CountLine => {
    const { dataset, split, label, attack } = group[0] as ManifestRow;
    return {
      dataset,
      split,
      label,
      attack,
      subjects: new Set(group.map((row) => row.subject)).size,
      videos: new Set(group.map((row) => row.video)).size,
      frames: group.length,
    };
  });
  return lines.toSorted(
    (a, b) =>
      a.dataset.localeCompare(b.dataset, "en", { numeric: true }) ||
      splits.indexOf(a.split) - splits.indexOf(b.split) ||
      attacks.indexOf(a.attack) - attacks.indexOf(b.attack),
  );
}

/**
 * Holds rows of one data set against published counts.
 * @param rows the data set's rows
 * @param published the counts
 */
export function compareCounts(
  rows: readonly ManifestRow[],
  published: readonly PublishedCount[],
): CountComparison[] {
  return published.map((expected) => {
    const meant = rows.filter(
      (row) => row.label === expected.label && (!expected.split || row.split === expected.split),
    );
    const found = expected.unit === "images" ? meant.length : new Set(meant.map((row) => row.video)).size;
    return { ...expected, found };
  });
}
