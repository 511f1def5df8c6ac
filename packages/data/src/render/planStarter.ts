/** @file Plans the starter data: who is shown how, in which domain and split. */

import type { Attack, Split } from "../manifest/manifest.ts";
import { domains } from "./domains.ts";
import type { FrameRequest } from "./drawFrame.ts";
import { openRandom } from "./random.ts";

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

/** One planned frame. */
export interface PlannedFrame extends FrameRequest {
  readonly id: string;
  readonly split: Split;
  readonly subject: string;
  readonly videoName: string;
}

// Training shows a person once live and once as spoof, so that more people are seen in the same time.
const framesPerVideo: Readonly<Record<Split, number>> = { train: 1, dev: 2, test: 2 };

/**
 * Plans all frames: each subject has one live video and one spoof video, so that half of the frames are live
 * and a subject's looks say nothing of the label; no identity is shared between subjects.
 *
 * @throws Error if a count is negative, or no multiple of a subject's frames: two in training, else four
 */
export function planStarter(seed: number, counts: StarterCounts): PlannedFrame[] {
  const planned: PlannedFrame[] = [];
  domains.forEach((domain, domainIndex) => {
    const splits: readonly (readonly [Split, number])[] =
      domainIndex === 0
        ? [
            ["train", counts.train],
            ["dev", counts.dev],
            ["test", counts.test],
          ]
        : [["test", counts.target]];
    for (const [split, count] of splits) {
      const framesPerSubject = 2 * framesPerVideo[split];
      if (!Number.isInteger(count / framesPerSubject) || count < 0) {
        throw new Error(
          `[planStarter] frames of ${domain.id} ${split} must be a multiple of ${framesPerSubject}, got ${count}`,
        );
      }
      const subjects = count / framesPerSubject;
      // 8 bits of domain and split before 24 bits of subject keep identities apart.
      const identityOf = (subject: number): number =>
        (seed * 0x3d4d51cb + ((domainIndex * 4 + splitNumber[split]) * 2 ** 24 + subject)) >>> 0;
      for (let subject = 0; subject < subjects; subject++) {
        const partner =
          (subject + 1 + openRandom(seed, "partner", domainIndex, subject).integer(subjects - 1 || 1)) %
          subjects;
        const attacks: readonly Attack[] = ["none", domain.attacks[subject % domain.attacks.length]!];
        attacks.forEach((attack) => {
          for (let frame = 0; frame < framesPerVideo[split]; frame++) {
            const name = `${domain.id}-${split}-${String(subject).padStart(4, "0")}`;
            planned.push({
              id: `${name}-${attack}-${frame}`,
              split,
              subject: name,
              videoName: `${name}-${attack}`,
              seed,
              domain,
              identity: identityOf(subject),
              other: identityOf(partner),
              attack,
              // Live and spoof of a subject share camera, light, backdrop and framing: no shortcut is left in them.
              take: splitNumber[split] * 2 ** 20 + subject,
              frame,
            });
          }
        });
      }
    }
  });
  return planned;
}

const splitNumber: Record<Split, number> = { train: 0, dev: 1, test: 2 };
