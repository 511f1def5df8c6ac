/** @file Tests that live and spoof are planned and taken alike, and that facts follow what is drawn. */

import { beforeAll, describe, expect, it } from "vitest";

import { attacks } from "../manifest/manifest.ts";
import { domains } from "./domains.ts";
import { drawFrame } from "./drawFrame.ts";
import { frameFacts } from "./frameFacts.ts";
import { loadHeadAsset, type HeadAsset } from "./headAsset.ts";
import { looksAt } from "./looks.ts";
import { defaultCounts, planStarter } from "./planStarter.ts";

let asset: HeadAsset;
const request = {
  seed: 1,
  domain: domains[0]!,
  identity: { seed: 11, looks: looksAt(0) },
  other: { seed: 12, looks: looksAt(1) },
  take: 4,
  frame: 0,
} as const;

beforeAll(async () => {
  asset = await loadHeadAsset();
});

describe("drawFrame", () => {
  it("takes live and spoof with the same camera, framing, light and backdrop", () => {
    const taken = attacks.map((attack) => {
      const { camera, framing, lighting, backdrop } = drawFrame(asset, { ...request, attack }).frame;
      return { camera, framing, lighting, backdrop };
    });
    for (const other of taken) expect(other).toEqual(taken[0]);
  });

  it("shows a picture of another camera draw on paper and screens", () => {
    const { frame } = drawFrame(asset, { ...request, attack: "print" });
    expect(frame.shown?.lighting).not.toEqual(frame.lighting);
    expect(frame.shown?.backdrop).not.toEqual(frame.backdrop);
  });

  it("keeps light and medium over a video and moves the head", () => {
    const first = drawFrame(asset, { ...request, attack: "none" }).frame;
    const second = drawFrame(asset, { ...request, attack: "none", frame: 1 }).frame;
    expect(second.lighting).toEqual(first.lighting);
    expect(second.person?.pose).not.toEqual(first.person?.pose);
    expect(second.camera.noiseSeed).not.toBe(first.camera.noiseSeed);
  });

  it("shows borders and bezels in about half of prints and replays", () => {
    for (const [attack, cue] of [
      ["print", "paper border"],
      ["replay", "bezel"],
    ] as const) {
      let seen = 0;
      for (let take = 0; take < 200; take++) {
        const drawn = drawFrame(asset, { ...request, attack, take });
        if (frameFacts(drawn, attack).cues.some((found) => found.endsWith(cue))) seen++;
      }
      expect(seen).toBeGreaterThan(75);
      expect(seen).toBeLessThan(125);
    }
  });
});

describe("planStarter", () => {
  const plan = planStarter(1, defaultCounts);

  it("is half live in every domain and split, with every attack of the domain", () => {
    for (const domain of domains) {
      const frames = plan.filter((frame) => frame.domain === domain);
      expect(frames.filter((frame) => frame.attack === "none").length).toBe(frames.length / 2);
      expect(new Set(frames.map((frame) => frame.attack))).toEqual(new Set(["none", ...domain.attacks]));
    }
    expect(plan.filter((frame) => frame.split === "train").length).toBe(defaultCounts.train);
  });

  it("shares no identity between splits and domains, neither shown nor behind", () => {
    const owner = new Map<number, string>();
    for (const frame of plan) {
      const place = `${frame.domain.id} ${frame.split}`;
      for (const identity of [frame.identity.seed, frame.other.seed]) {
        expect(owner.get(identity) ?? place).toBe(place);
        owner.set(identity, place);
      }
      expect(frame.other.seed).not.toBe(frame.identity.seed);
    }
  });

  it("gives a subject's live and spoof frames the same take", () => {
    const takes = new Map<string, Set<number>>();
    for (const frame of plan)
      takes.set(frame.subject, (takes.get(frame.subject) ?? new Set()).add(frame.take));
    expect([...takes.values()].every((own) => own.size === 1)).toBe(true);
  });

  it("has unique ids and refuses odd counts", () => {
    expect(new Set(plan.map((frame) => frame.id)).size).toBe(plan.length);
    expect(() => planStarter(1, { ...defaultCounts, dev: 6 })).toThrow("multiple of 4, got 6");
  });
});
