/** @file FLIP's variants as methods: what a step is told of a batch, and short trainings by the published settings. */

import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { flipViews, type ManifestRow } from "@candor/data";
import { createModel } from "@candor/models";
import { Device, Random } from "@candor/tensor-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkpointFile } from "../checkpoint/checkpoint.ts";
import { fit } from "../loop/fit.ts";
import { readMetrics } from "../loop/metricsLog.ts";
import { recipes } from "../recipes/recipes.ts";
import type { RunConfig } from "../recipes/runConfig.ts";
import { writeStripes } from "../testing/stripes.ts";
import { flipMethod } from "./flipMethods.ts";

// A cold shader cache takes its time.
const timeout = 240_000;

let folder: string;
let device: Device;
beforeAll(async () => {
  device = await Device.open();
  folder = mkdtempSync(join(tmpdir(), "candor-flip-"));
  await writeStripes(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

const base = recipes.starter("flip-mcl", "");
const flip: RunConfig["flip"] = {
  ...base.flip,
  text: { ...base.flip.text, width: 16, layers: 1, heads: 2, mlpRatio: 2 },
  embeddingWidth: 16,
  hidden: 16,
  projection: { hidden: 16, outputs: 8 },
};

function config(change: Partial<RunConfig>): RunConfig {
  return {
    ...base,
    manifest: join(folder, "manifest.arrow"),
    imageSize: 16,
    vit: { imageSize: 16, patchSize: 8, width: 16, layers: 1, heads: 2, mlpRatio: 2 },
    flip,
    steps: 4,
    batchSize: 4,
    checkpointEvery: 2,
    evaluateEvery: 100,
    optimizer: { ...base.optimizer, learningRate: 5e-3, warmupSteps: 0 },
    ...change,
  };
}

async function train(name: string, change: Partial<RunConfig>, resume = false) {
  const run = join(folder, name);
  const result = await fit(device, config(change), {
    folder: run,
    resume,
    progress: () => ({ update: () => {}, note: () => {}, stop: () => {} }),
    warn: () => {},
  });
  const metrics = readMetrics(join(run, "metrics.jsonl"));
  return { ...result, metrics, bytes: readFileSync(checkpointFile(run, result.steps)) };
}

/** What a step of FLIP-MCL is told of live and spoof in turn: the prompts' shares of each image, live ones first. */
function told(change: Partial<RunConfig["flip"]>, images: number, step?: number) {
  using _scope = device.scope();
  const prompts = { live: [[1], [2], [3], [4], [5], [6]], spoof: [[7], [8], [9], [10], [11]] };
  const model = createModel(
    device,
    {
      method: "flipMcl",
      clip: { vit: config({}).vit, text: { ...flip.text, endId: 0 }, embeddingWidth: 16 },
      prompts,
      projection: flip.projection,
    },
    new Random(1),
  );
  const rows = Array.from({ length: images }, (_, i) => ({ label: i % 2 === 0 ? "live" : "spoof" }));
  const method = flipMethod("flip-mcl", model, config({ flip: { ...flip, ...change } }));
  const targets = method.targets(rows as ManifestRow[], step);
  const shares = (name: string) =>
    rows.map((_, b) => Array.from(targets[name]!.data.subarray(b * 11, (b + 1) * 11)));
  return { targets, shares };
}

it("live is class 0 and spoof 1; a loss that is only measured is told no more", () => {
  const { targets } = told({}, 4);
  expect(targets).toEqual({ labels: { shape: [4], data: Int32Array.of(0, 1, 0, 1) } });
});

it("an image's two readings halve the prompts of its own class", () => {
  const images = 60;
  const { targets, shares } = told({}, images, 3);
  expect(targets["labels"]!.data.slice(0, 4)).toEqual(Int32Array.of(0, 1, 0, 1));
  expect(targets["firstReading"]!.shape).toEqual([images, 11]);
  const [first, second] = [shares("firstReading"), shares("secondReading")];
  for (let b = 0; b < images; b++) {
    const [count, start] = b % 2 === 0 ? [6, 0] : [5, 6];
    const taken = Math.floor(count / 2);
    const halves = [first[b]!, second[b]!];
    expect(halves.map((half) => half.filter((share) => share > 0).length)).toEqual([taken, count - taken]);
    // Each prompt is in one of the two, by an even share, and no prompt of the other class is.
    for (let p = 0; p < 11; p++) {
      const own = p >= start && p < start + count;
      const [here, there] = [halves[0]![p]!, halves[1]![p]!];
      expect([here, there].filter((share) => share > 0)).toHaveLength(own ? 1 : 0);
      if (here > 0) expect(here).toBeCloseTo(1 / taken, 6);
      if (there > 0) expect(there).toBeCloseTo(1 / (count - taken), 6);
    }
  }
  expect(new Set(first.map((row) => row.join())).size).toBeGreaterThan(20); // Of 20 and 10.
  expect(told({}, images, 3).targets).toEqual(targets);
  expect(told({}, images, 4).shares("firstReading")).not.toEqual(first);
});

it("as published, the first reading may name a prompt twice, and the second holds all others", () => {
  const { shares } = told({ promptsAsPublished: true }, 60, 3);
  const [first, second] = [shares("firstReading"), shares("secondReading")];
  const named = first.map((row) => row.filter((share) => share > 0).length);
  for (let b = 0; b < 60; b += 2) {
    expect(first[b]!.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
    const left = second[b]!.filter((share) => share > 0);
    expect(left).toHaveLength(6 - named[b]!);
    for (const share of left) expect(share).toBeCloseTo(1 / left.length, 6);
  }
  const ofLive = named.filter((_, b) => b % 2 === 0);
  expect(ofLive.filter((count) => count < 3).length).toBeGreaterThan(5); // 13 of 30 on average.
  expect(ofLive).toContain(3);
});

it(
  "every variant learns to tell the two kinds apart",
  async () => {
    for (const method of ["flip-v", "flip-it", "flip-mcl"] as const) {
      const steps = 40;
      const trained = await train(`learns-${method}`, {
        method,
        steps,
        batchSize: 8,
        checkpointEvery: steps,
      });
      expect(trained.dev?.accuracy, method).toBe(1);
      const losses = trained.metrics.flatMap(({ loss }) => (typeof loss === "number" ? [loss] : []));
      expect(losses.at(-1), method).toBeLessThan(0.7 * losses[0]!);
    }
  },
  timeout,
);

it(
  "Adam and FLIP's views train otherwise than AdamW and the starter's, and resume with the same bits",
  async () => {
    const optimizer = { ...config({}).optimizer, weightDecay: 0.5, schedule: "constant" } as const;
    const published = {
      flip: { ...flip, views: flipViews },
      optimizer: { ...optimizer, algorithm: "adam" },
    } as const;
    const whole = await train("adam", published);
    cpSync(join(folder, "adam"), join(folder, "adam-killed"), { recursive: true });
    rmSync(checkpointFile(join(folder, "adam-killed"), 4));
    const resumed = await train("adam-killed", published, true);
    expect(resumed.metrics).toEqual(whole.metrics);
    expect(resumed.bytes.equals(whole.bytes)).toBe(true);

    const [begun, after] = whole.metrics;
    const [begunByAdamW, afterByAdamW] = (await train("adamW", { ...published, optimizer })).metrics;
    const { learningRate: _, ...first } = begun!;
    expect(begunByAdamW).toMatchObject(first);
    expect(afterByAdamW!["loss"]).not.toBe(after!["loss"]);
    const [begunByOtherViews] = (await train("views", { ...published, flip })).metrics;
    expect(begunByOtherViews!["judgmentLoss"]).toBe(begun!["judgmentLoss"]);
    expect(begunByOtherViews!["simclr"]).not.toBe(begun!["simclr"]);
  },
  timeout,
);
