/** @file What a score file holds, and the checks that both writing and reading make. */

import type { ScoredSample } from "../metrics/scoredSample.ts";
import { ScoreFileError } from "./scoreFileError.ts";

/** One evaluated frame. */
export interface ScoreRow extends ScoredSample {
  /** Data set, or domain id ("D1" .. "D12") of rendered data. */
  readonly dataset: string;
  readonly split: "train" | "dev" | "test";
  readonly frame: number;
  /** The interpretation, for methods and frames that have one. */
  readonly sentence: string | null;
  /** Shares of attention by patch, [grid, grid] row by row, which sum to 1; absent where none were kept. */
  readonly patchAttention?: Float32Array;
}

/** Where the scores come from; every field is text in the file's schema. */
export interface ScoreMetadata {
  readonly method: string;
  readonly seed: string;
  readonly checkpoint: string;
  readonly adapter: string;
  readonly threads: string;
  readonly commit: string;
  /** The protocol whose fold this is; absent on foreign scores and older files. */
  readonly protocol?: string;
  /** The data sets that were trained on, with commas between. */
  readonly sources?: string;
}

/** The scores of one run. */
export interface ScoreFile {
  readonly metadata: ScoreMetadata;
  readonly rows: readonly ScoreRow[];
}

/** The metadata keys, in the order in which reports print them. */
export const metadataKeys = [
  "method",
  "seed",
  "checkpoint",
  "adapter",
  "threads",
  "commit",
] as const satisfies readonly (keyof ScoreMetadata)[];

/** The metadata keys that a file may lack. */
export const optionalMetadataKeys = [
  "protocol",
  "sources",
] as const satisfies readonly (keyof ScoreMetadata)[];

const splits: readonly string[] = ["train", "dev", "test"];

/**
 * Refuses rows that no metric should see.
 *
 * @param source path, for the message
 * @throws ScoreFileError on no rows, a score that is no probability, an unknown label or split, a species that
 *   contradicts the label, attention that is no share of a square of patches, or a duplicate id
 */
export function assertScoreRows(rows: readonly ScoreRow[], source: string): void {
  if (rows.length === 0) throw new ScoreFileError(`[scores] ${source} has no rows; nothing was scored.`);
  const seen = new Set<string>();
  rows.forEach(({ id, label, split, attack, score, patchAttention }, index) => {
    const fail = (problem: string) => {
      throw new ScoreFileError(`[scores] ${source}, row ${index} ("${id}"): ${problem}`);
    };
    if (!(score >= 0 && score <= 1)) fail(`score ${score}; scores are P(live) and lie in [0, 1].`);
    if (label !== "live" && label !== "spoof")
      fail(`label "${String(label)}"; labels are "live" or "spoof".`);
    if (!splits.includes(split)) fail(`split "${String(split)}"; splits are ${splits.join(", ")}.`);
    if ((label === "live") !== (attack === "none")) {
      fail(`label "${label}" with attack "${attack}"; live goes with "none", spoof with a species.`);
    }
    const flaw = patchAttention && attentionFlaw(patchAttention);
    if (flaw) fail(flaw);
    if (seen.has(id)) fail("this id occurred before; every frame is scored once.");
    seen.add(id);
  });
}

function attentionFlaw(shares: Float32Array): string | undefined {
  if (!Number.isInteger(Math.sqrt(shares.length)) || shares.length === 0) {
    return `attention over ${shares.length} patches; patches form a square.`;
  }
  const sum = shares.reduce((total, share) => (share >= 0 ? total + share : Number.NaN), 0);
  return Math.abs(sum - 1) < 1e-3 ? undefined : `attention sums to ${sum}; shares are positive and sum to 1.`;
}
