/** @file Plans the starter data: D1 to train on, and a test split of every other domain. */

import type { Split } from "../manifest/manifest.ts";
import { domains } from "./domains.ts";
import { planGroup, type PlannedFrame } from "./planGroup.ts";

/** Frames of each split of D1, and of the test split of every other domain. */
export interface StarterCounts {
  readonly train: number;
  readonly dev: number;
  readonly test: number;
  /** Frames of each of D2 to D12. */
  readonly target: number;
}

/** Counts of the demo. */
export const defaultCounts: StarterCounts = { train: 1600, dev: 160, test: 240, target: 72 };

// Training shows a person once live and once as spoof, so that more people are seen in the same time.
const framesPerVideo: Readonly<Record<Split, number>> = { train: 1, dev: 2, test: 2 };

/**
 * Plans all frames; no identity is shared between subjects.
 *
 * @throws Error if a count is negative, or no multiple of a subject's frames: two in training, else four
 */
export function planStarter(seed: number, counts: StarterCounts): PlannedFrame[] {
  return domains.flatMap((domain, index) => {
    const splits: readonly (readonly [Split, number])[] =
      index === 0
        ? [
            ["train", counts.train],
            ["dev", counts.dev],
            ["test", counts.test],
          ]
        : [["test", counts.target]];
    return splits.flatMap(([split, count]) => {
      const frames = framesPerVideo[split];
      const subjects = count / (2 * frames);
      if (!Number.isInteger(subjects) || count < 0) {
        throw new Error(
          `[planStarter] frames of ${domain.id} ${split} must be a multiple of ${2 * frames}, got ${count}`,
        );
      }
      return planGroup(seed, domain, split, { subjects, frames });
    });
  });
}
