/** @file The rows of one fold with the splits that the protocol's rule gives them. */

import type { ManifestRow } from "@candor/data";
import { groupBy } from "../metrics/groupBy.ts";
import { ProtocolError } from "./protocolError.ts";
import type { Fold, SplitRule } from "./protocols.ts";

/** Rows to train on, to take the threshold from and to test. */
export interface FoldRows {
  readonly fold: Fold;
  /** Sources as train, dev and (held out) test; targets as test. */
  readonly rows: readonly ManifestRow[];
  /** What a reader must know. */
  readonly notes: readonly string[];
}

/** Options of {@link foldRows}. */
export interface FoldRowsOptions {
  readonly rule: SplitRule;
  /**
   * Share of the subjects of a source without a dev split that is held out of its training for the threshold; 0 trains
   * on all, as published, and leaves the deployable figures blank where no source has a dev split.
   */
  readonly holdOut: number;
}

/**
 * Gives the rows of a fold their splits. Subjects that are held out are chosen by a hash of their names, so that the
 * choice is the same for every method, seed and order of rows.
 *
 * @returns targets that the manifest lacks are left out, with a note
 * @throws ProtocolError if a source has nothing to train on, or no target has rows to test
 */
export function foldRows(rows: readonly ManifestRow[], fold: Fold, options: FoldRowsOptions): FoldRows {
  const notes: string[] = [];
  const byDataset = groupBy(rows, (row) => row.dataset);
  const sources = fold.sources.flatMap((source) => {
    const split = splitSource(byDataset.get(source) ?? [], source, options);
    if (!split.some((row) => row.split === "train")) {
      throw new ProtocolError(
        `[foldRows] fold ${fold.id}: the manifest has nothing of ${source} to train on; it holds ${[...byDataset.keys()].join(", ") || "nothing"}.`,
      );
    }
    return split;
  });
  const targets = fold.targets.flatMap((target) => {
    const tested = (byDataset.get(target) ?? [])
      .filter((row) => row.split === "test" || (options.rule === "whole" && row.split === "train"))
      .map((row) => ({ ...row, split: "test" as const }));
    if (tested.length === 0) notes.push(`${target} has no rows to test and is left out of fold ${fold.id}.`);
    return tested;
  });
  if (targets.length === 0) {
    throw new ProtocolError(
      `[foldRows] fold ${fold.id}: none of ${fold.targets.join(", ")} has rows to test.`,
    );
  }
  if (!sources.some((row) => row.split === "dev")) {
    notes.push(`Fold ${fold.id} has no dev rows: no deployable threshold, no APCER, no BPCER.`);
  }
  const tested = new Set(targets.map((row) => row.dataset));
  return {
    fold: { ...fold, targets: fold.targets.filter((target) => tested.has(target)) },
    rows: [...sources, ...targets],
    notes,
  };
}

function splitSource(
  rows: readonly ManifestRow[],
  source: string,
  { rule, holdOut }: FoldRowsOptions,
): ManifestRow[] {
  const merged = rows.map((row) =>
    rule === "whole" && row.split === "test" ? { ...row, split: "train" as const } : row,
  );
  if (holdOut === 0 || merged.some((row) => row.split === "dev")) return merged;
  const train = merged.filter((row) => row.split === "train");
  const subjects = [...new Set(train.map((row) => row.subject))]
    .map((subject) => ({ subject, order: hash(`${source}/${subject}`) }))
    .toSorted((a, b) => a.order - b.order || (a.subject < b.subject ? -1 : 1));
  const held = new Set(
    subjects.slice(0, Math.floor(holdOut * subjects.length)).map(({ subject }) => subject),
  );
  return merged.map((row) =>
    row.split === "train" && held.has(row.subject) ? { ...row, split: "dev" as const } : row,
  );
}

// FNV-1a, 32 bits.
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) state = Math.imul(state ^ byte, 0x01000193) >>> 0;
  return state;
}
