/** @file What a run that goes on may be given, and what is refused with both values. */

import { expect, it } from "vitest";
import { starter } from "../recipes/starter.ts";
import { describeChanges } from "./describeChanges.ts";

const own = { ...starter("ifas", "faces.arrow"), shards: "crops", pretrained: { vision: "clip" } };

it("places may move, and what no trained number depends on may change", () => {
  const given = {
    ...own,
    manifest: "elsewhere/faces.arrow",
    shards: "elsewhere/crops",
    pretrained: { vision: "elsewhere/clip", lm: undefined },
    checkpointEvery: 7,
    evaluateEvery: 7,
    maxAnswerTokens: 7,
    recomputeLayers: true,
  };
  expect(describeChanges(own, given)).toEqual([]);
  expect(describeChanges(JSON.parse(JSON.stringify(given)), own)).toEqual([]);
});

it("all else is named with both values, at any depth, and so is what comes or goes", () => {
  const { shards: _, ...rest } = own;
  const given = {
    ...rest,
    seed: 1,
    steps: 1000,
    datasets: ["D1", "D2"],
    pretrained: { vision: "clip", lm: "lm" },
    lora: { rank: 2, alpha: 4, targets: ["lm.*"], alsoTrain: [] },
    optimizer: { ...own.optimizer, learningRate: 0.1 },
    flip: { ...own.flip, views: own.augmentation },
  };
  const changes = describeChanges(own, given);
  expect(changes.slice(0, 6)).toEqual([
    "seed: the run has 0, got 1",
    'datasets: the run has ["D1"], got ["D1","D2"]',
    "steps: the run has 620, got 1000: the schedule of the learning rate depends on it",
    "optimizer.learningRate: the run has 0.002, got 0.1",
    'shards: the run has "crops", got none',
    'pretrained.lm: the run has none, got "lm"',
  ]);
  expect(changes).toContain('lora.targets: the run has none, got ["lm.*"]');
  expect(changes).toContain("flip.views.flip: the run has none, got 0.5");
});
