/** @file Plans the benchmark data: train, dev and test splits of all twelve domains, several frames a video. */

import { splits, type Split } from "../manifest/manifest.ts";
import { domains } from "./domains.ts";
import { planGroup, type PlannedFrame } from "./planGroup.ts";

/** Subjects of each domain by split, and frames of a video. */
export interface BenchmarkCounts extends Readonly<Record<Split, number>> {
  readonly frames: number;
}

/** Each of the 18 looks twice in training, once in test; 6,336 frames. */
export const benchmarkCounts: BenchmarkCounts = { train: 36, dev: 12, test: 18, frames: 4 };

/**
 * Plans all frames; every domain has every split, and no identity is shared between subjects, splits or domains.
 *
 * @throws Error if a count is no whole number, is negative, or a video has no frame
 */
export function planBenchmark(seed: number, counts: BenchmarkCounts): PlannedFrame[] {
  for (const [name, count] of Object.entries(counts)) {
    const least = name === "frames" ? 1 : 0;
    if (!Number.isInteger(count) || count < least) {
      throw new Error(`[planBenchmark] ${name} must be a whole number of at least ${least}, got ${count}`);
    }
  }
  return domains.flatMap((domain) =>
    splits.flatMap((split) =>
      planGroup(seed, domain, split, { subjects: counts[split], frames: counts.frames }),
    ),
  );
}
