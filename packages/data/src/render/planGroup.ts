/** @file Plans the frames of one domain and split: who is shown how, in which take. */

import type { Attack, Split } from "../manifest/manifest.ts";
import { domains, type Domain } from "./domains.ts";
import type { FrameRequest } from "./drawFrame.ts";
import type { Person } from "./identity.ts";
import { ageGroups, looksAt, looksCount, sexes, skinTones, type Looks } from "./looks.ts";
import { openRandom } from "./random.ts";

/** One planned frame. */
export interface PlannedFrame extends FrameRequest {
  readonly id: string;
  readonly split: Split;
  readonly subject: string;
  readonly videoName: string;
}

/** How many people of a domain and split, and how long they are filmed. */
export interface GroupSize {
  readonly subjects: number;
  /** Frames of each of a subject's two videos. */
  readonly frames: number;
}

const splitNumber: Record<Split, number> = { train: 0, dev: 1, test: 2 };

/**
 * Plans one domain and split: each subject has one live video and one spoof video in the same take, so that half of
 * the frames are live and neither looks nor camera, light, backdrop and framing say anything of the label. Sex, age
 * and tone go round evenly, within each attack as well.
 */
export function planGroup(seed: number, domain: Domain, split: Split, size: GroupSize): PlannedFrame[] {
  const place = domains.indexOf(domain) * 4 + splitNumber[split];
  const start = openRandom(seed, "looks", place).integer(looksCount);
  const people = Array.from({ length: size.subjects }, (_, subject): Person => {
    // 8 bits of domain and split before 24 bits of subject keep identities apart.
    return { seed: (seed * 0x3d4d51cb + (place * 2 ** 24 + subject)) >>> 0, looks: looksAt(start + subject) };
  });
  const spoofs = people.map(({ looks }, subject) => {
    const round = Math.floor((start + subject) / looksCount);
    return domain.attacks[attackIndex(looks, round, domain.attacks.length)]!;
  });
  const partners = partnersOf(seed, place, spoofs);
  return people.flatMap((identity, subject) => {
    const name = `${domain.id}-${split}-${String(subject).padStart(4, "0")}`;
    const attacks: readonly Attack[] = ["none", spoofs[subject]!];
    return attacks.flatMap((attack) =>
      Array.from({ length: size.frames }, (_, frame) => ({
        id: `${name}-${attack}-${frame}`,
        split,
        subject: name,
        videoName: `${name}-${attack}`,
        seed,
        domain,
        identity,
        other: people[partners[subject]!]!,
        attack,
        take: splitNumber[split] * 2 ** 20 + subject,
        frame,
      })),
    );
  });
}

/** As in a Latin square: each sex, age and tone meets each attack about alike often, and exactly so over the rounds. */
function attackIndex({ sex, age, tone }: Looks, round: number, kinds: number): number {
  return (sexes.indexOf(sex) + ageGroups.indexOf(age) + skinTones.indexOf(tone) + round) % kinds;
}

/** Who stands behind whom: everyone behind one other of the same attack, so that wearers' looks are balanced too. */
function partnersOf(seed: number, place: number, spoofs: readonly Attack[]): number[] {
  const partners = spoofs.map((_, subject) => (subject + 1) % spoofs.length);
  for (const attack of new Set(spoofs)) {
    const circle = [...spoofs.keys()].filter((subject) => spoofs[subject] === attack);
    if (circle.length < 2) continue;
    const random = openRandom(seed, "partner", place, attack);
    for (let i = circle.length - 1; i > 0; i--) {
      const j = random.integer(i + 1);
      [circle[i], circle[j]] = [circle[j]!, circle[i]!];
    }
    circle.forEach((subject, i) => (partners[subject] = circle[(i + 1) % circle.length]!));
  }
  return partners;
}
