/** @file Tests the balance and the disjointness that the benchmark's plan promises, and those of the starter's. */

import { beforeAll, describe, expect, it } from "vitest";

import { splits } from "../manifest/manifest.ts";
import { domains } from "./domains.ts";
import { drawFrame } from "./drawFrame.ts";
import { frameScene } from "./frameFacts.ts";
import { loadHeadAsset, type HeadAsset } from "./headAsset.ts";
import { ageGroups, looksAt, looksCount, sexes, skinTones } from "./looks.ts";
import { benchmarkCounts, planBenchmark } from "./planBenchmark.ts";
import type { PlannedFrame } from "./planGroup.ts";
import { defaultCounts, planStarter } from "./planStarter.ts";

let asset: HeadAsset;
beforeAll(async () => {
  asset = await loadHeadAsset();
});

const plan = planBenchmark(1, benchmarkCounts);

/** How often each value of a trait stands among the people of some frames. */
function shares(frames: readonly PlannedFrame[], trait: "sex" | "age" | "tone"): number[] {
  const people = new Map(frames.map((frame) => [frame.identity.seed, frame.identity.looks[trait] as string]));
  const values: readonly string[] = { sex: sexes, age: ageGroups, tone: skinTones }[trait];
  return values.map((value) => [...people.values()].filter((one) => one === value).length / people.size);
}

describe("looksAt", () => {
  it("goes round all combinations, and any block of six is balanced", () => {
    const cycle = Array.from({ length: looksCount }, (_, place) => JSON.stringify(looksAt(place)));
    expect(new Set(cycle).size).toBe(looksCount);
    for (const block of [0, 6, 12]) {
      const six = Array.from({ length: 6 }, (_, i) => looksAt(block + i));
      expect(six.filter((one) => one.sex === "female").length).toBe(3);
      for (const age of ageGroups) expect(six.filter((one) => one.age === age).length).toBe(2);
    }
  });
});

describe("planBenchmark", () => {
  it("gives every domain every split, as many frames as asked for, half of them live", () => {
    for (const domain of domains) {
      for (const split of splits) {
        const frames = plan.filter((frame) => frame.domain === domain && frame.split === split);
        expect(frames.length).toBe(benchmarkCounts[split] * 2 * benchmarkCounts.frames);
        expect(frames.filter((frame) => frame.attack === "none").length).toBe(frames.length / 2);
        expect(new Set(frames.map((frame) => frame.attack))).toEqual(new Set(["none", ...domain.attacks]));
      }
    }
    expect(new Set(plan.map((frame) => frame.id)).size).toBe(plan.length);
  });

  it("shares no person between subjects, splits and domains", () => {
    const owner = new Map<number, string>();
    for (const frame of plan) {
      expect(owner.get(frame.identity.seed) ?? frame.subject).toBe(frame.subject);
      owner.set(frame.identity.seed, frame.subject);
    }
    for (const frame of plan) {
      const place = owner.get(frame.other.seed)!;
      expect(place.startsWith(`${frame.domain.id}-${frame.split}-`)).toBe(true);
      expect(place).not.toBe(frame.subject);
    }
  });

  it("refuses counts that are no counts", () => {
    expect(() => planBenchmark(1, { ...benchmarkCounts, dev: 1.5 })).toThrow("dev must be a whole number");
    expect(() => planBenchmark(1, { ...benchmarkCounts, frames: 0 })).toThrow("at least 1, got 0");
  });
});

describe("balance of the people", () => {
  it("has each sex, age and tone alike often in every domain and split, whatever the label", () => {
    for (const domain of domains) {
      for (const split of ["train", "test"] as const) {
        const frames = plan.filter((frame) => frame.domain === domain && frame.split === split);
        for (const trait of ["sex", "age", "tone"] as const) {
          const all = shares(frames, trait);
          for (const share of all) expect(share).toBeCloseTo(1 / all.length, 5);
          const live = frames.filter((frame) => frame.attack === "none");
          expect(shares(live, trait)).toEqual(all);
        }
      }
    }
  });

  it("makes attacks say nothing of the looks: shown and worn faces go round within each attack", () => {
    const trained = planStarter(1, defaultCounts).filter(
      ({ domain, split }) => domain.id === "D1" && split === "train",
    );
    for (const attack of domains[0]!.attacks) {
      const frames = trained.filter((frame) => frame.attack === attack);
      expect(Math.abs(frames.length / 800 - 0.25)).toBeLessThan(0.01);
      for (const people of [frames, frames.map((frame) => ({ ...frame, identity: frame.other }))]) {
        for (const trait of ["sex", "age", "tone"] as const) {
          const all = shares(people, trait);
          for (const share of all) expect(Math.abs(share - 1 / all.length)).toBeLessThan(0.02);
        }
      }
    }
    // A handful of people cannot be exact; many are.
    const many = planBenchmark(1, { train: 216, dev: 0, test: 0, frames: 1 });
    for (const domain of domains) {
      for (const attack of domain.attacks) {
        const frames = many.filter((frame) => frame.domain === domain && frame.attack === attack);
        for (const trait of ["sex", "age", "tone"] as const) {
          const all = shares(frames, trait);
          for (const share of all) expect(Math.abs(share - 1 / all.length)).toBeLessThan(0.03);
        }
      }
    }
  });

  it("draws the people as planned and records them in the scene", () => {
    for (const frame of plan.filter((_, i) => i % 487 === 0)) {
      const scene = JSON.parse(frameScene(drawFrame(asset, frame), frame.domain)) as Record<string, string>;
      const { sex, age, tone } = frame.identity.looks;
      expect([scene["sex"], scene["age"], scene["tone"]]).toEqual([sex, age, tone]);
    }
  });
});
