/** @file Training on a handful of drawn images: it learns, stops well, and resumes bit for bit. */

import {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cropDataset, imageBlock, readManifest, writeManifest } from "@candor/data";
import { Device, DeviceLostError, readSafetensors } from "@candor/tensor-core";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkpointFile, listCheckpoints } from "../checkpoint/checkpoint.ts";
import { loadPredictor, thresholdFile } from "../predictor/predictor.ts";
import { recipes } from "../recipes/recipes.ts";
import type { RunConfig } from "../recipes/runConfig.ts";
import { writeStripes } from "../testing/stripes.ts";
import { fit, type FitOptions } from "./fit.ts";
import { readMetrics } from "./metricsLog.ts";

// A cold shader cache takes its time.
const timeout = 240_000;

let folder: string;
let device: Device;
const quiet = { progress: () => ({ update: () => {}, note: () => {}, stop: () => {} }) };

beforeAll(async () => {
  device = await Device.open();
  folder = mkdtempSync(join(tmpdir(), "candor-fit-"));
  await writeStripes(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

function config(change: Partial<RunConfig> = {}): RunConfig {
  const base = recipes.starter("ifas", join(folder, "manifest.arrow"));
  return {
    ...base,
    imageSize: 16,
    vit: { imageSize: 16, patchSize: 8, width: 16, layers: 1, heads: 2, mlpRatio: 2 },
    connector: { kind: "gac", width: 16, queries: 2, depth: 1, heads: 2, mlpRatio: 2 },
    lm: { ...base.lm, vocabularySize: 320, width: 16, layers: 1, heads: 2, kvHeads: 1, hidden: 32 },
    steps: 8,
    batchSize: 4,
    checkpointEvery: 4,
    evaluateEvery: 8,
    optimizer: { ...base.optimizer, learningRate: 5e-3, warmupSteps: 2 },
    ...change,
  };
}

const options = (name: string, more: Partial<FitOptions> = {}): FitOptions => ({
  folder: join(folder, name),
  resume: false,
  ...quiet,
  warn: () => {},
  ...more,
});

it(
  "resumes from a checkpoint with the same bits as a run that was never stopped",
  async () => {
    const whole = await fit(device, config(), options("whole"));
    expect(whole.stopped).toBe(false);
    const kept = readMetrics(join(folder, "whole", "metrics.jsonl"));
    cpSync(join(folder, "whole"), join(folder, "killed"), { recursive: true });
    rmSync(checkpointFile(join(folder, "killed"), 8));
    await fit(device, config(), options("killed", { resume: true }));
    expect(readMetrics(join(folder, "killed", "metrics.jsonl"))).toEqual(kept);
    const bytes = (name: string) => readFileSync(checkpointFile(join(folder, name), 8));
    expect(bytes("killed").equals(bytes("whole"))).toBe(true);
    // Nothing is left out of it, and it says nothing of that.
    const { metadata } = await readSafetensors(checkpointFile(join(folder, "whole"), 8));
    expect(metadata).toEqual({ step: "8", format: "candor-checkpoint-1" });
  },
  timeout,
);

it(
  "says how to go on when the device is lost, and goes on with the same bits",
  async () => {
    const lost = await Device.open();
    const progress = () => ({
      update: (step: number) => void (step === 6 && lost.gpu.destroy()),
      note: () => {},
      stop: () => {},
    });
    const failing = fit(lost, config(), options("lost", { progress }));
    await expect(failing).rejects.toThrow(DeviceLostError);
    await expect(failing).rejects.toThrow(
      `the checkpoint of step 4 is intact: go on with --out=${join(folder, "lost")} --resume`,
    );
    await fit(device, config(), options("lost", { resume: true }));
    expect(readMetrics(join(folder, "lost", "metrics.jsonl"))).toEqual(
      readMetrics(join(folder, "whole", "metrics.jsonl")),
    );
  },
  timeout,
);

it("goes back to the checkpoint before one that is cut in half", async () => {
  await fit(device, config(), options("cut"));
  const kept = readMetrics(join(folder, "cut", "metrics.jsonl"));
  truncateSync(checkpointFile(join(folder, "cut"), 8), 1000);
  await expect(loadPredictor(device, checkpointFile(join(folder, "cut"), 8))).rejects.toThrow(/step-0000008/);
  writeFileSync(
    thresholdFile(join(folder, "cut")),
    JSON.stringify({ value: 0.7, source: "the dev split", step: 8 }),
  );
  const passedOver: string[] = [];
  const older = await loadPredictor(device, join(folder, "cut"), (text) => passedOver.push(text));
  expect(passedOver).toEqual([expect.stringContaining("skipped a damaged checkpoint")]);
  expect(older.threshold).toMatchObject({ value: 0.5, source: expect.stringContaining("chosen for step 8") });
  const warnings: string[] = [];
  await fit(device, config(), options("cut", { resume: true, warn: (text) => warnings.push(text) }));
  expect(warnings).toEqual([expect.stringContaining("skipped a damaged checkpoint")]);
  expect(readMetrics(join(folder, "cut", "metrics.jsonl"))).toEqual(kept);
  const { threshold } = await loadPredictor(device, join(folder, "cut"));
  expect(threshold).toEqual({ value: 0.7, source: "the dev split", step: 8 });
});

it("stops with a checkpoint when it is told to", async () => {
  const abort = new AbortController();
  const progress = () => ({
    update: (step: number) => {
      if (step === 3) abort.abort();
    },
    note: () => {},
    stop: () => {},
  });
  const result = await fit(device, config(), options("stopped", { signal: abort.signal, progress }));
  expect(result).toMatchObject({ steps: 3, stopped: true });
  expect(listCheckpoints(join(folder, "stopped"))).toEqual([3]);
});

it("learns to tell the two kinds apart, and a predictor says so", async () => {
  for (const method of ["ifas", "vit-binary"] as const) {
    const trained = await fit(device, config({ method, steps: 60, checkpointEvery: 60 }), options(method));
    expect(trained.dev?.accuracy).toBe(1);
    const predictor = await loadPredictor(device, join(folder, method));
    const live = await sharp(join(folder, "images", "16.png"))
      .raw()
      .toBuffer();
    const set = imageBlock(new Uint8Array(live), 16);
    const [pLive = 0] = await predictor.score(set, [0]);
    expect(pLive).toBeGreaterThan(0.5);
    if (method === "ifas") {
      expect((await predictor.explain?.(set, [0]))?.[0]).toMatch(/^Yes/);
      expect((await predictor.explain?.(set, [0], ["spoof"]))?.[0]).toMatch(/^No/);
    } else expect(predictor.explain).toBeUndefined();
    const [looks] = (await predictor.patchAttention?.(set, [0, 0])) ?? [];
    expect(looks).toHaveLength(4); // 2 x 2 patches of 8 pixels
    expect(looks!.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
  }
});

it("trains on the crops of several data sets, and says which rows have none", async () => {
  const { rows } = await readManifest(config().manifest);
  const manifest = join(folder, "two.arrow");
  await writeManifest(
    manifest,
    rows.map((row, i) => ({ ...row, dataset: i % 4 < 2 ? "A" : "B" })),
    {},
  );
  const shards = join(folder, "crops");
  await cropDataset({
    manifest,
    out: shards,
    size: 16,
    margin: 0,
    align: false,
    by: "box",
    shardRows: 8,
    jobs: 1,
  });
  const change = { manifest, datasets: ["A", "B"], shards, steps: 3 };
  const warnings: string[] = [];
  const warn = (text: string) => void warnings.push(text);
  const whole = await fit(device, config(change), options("crops", { warn }));
  expect([whole.steps, warnings]).toEqual([3, []]);
  rmSync(join(shards, "shard-00001.arrow"));
  await fit(device, config(change), options("fewer", { warn }));
  expect(warnings).toEqual([`8 train rows have no crop in ${shards}`]);
});

it(
  "trains FLIP's variants, which resume with the same bits through dropout, views and draws of prompts",
  async () => {
    for (const method of ["flip-v", "flip-it", "flip-mcl"] as const) {
      const { flip } = config();
      const small = {
        ...flip,
        text: { ...flip.text, width: 16, layers: 1, heads: 2, mlpRatio: 2 },
        embeddingWidth: 16,
        hidden: 16,
        projection: { hidden: 16, outputs: 8 },
      };
      const change = {
        method,
        flip: small,
        steps: 4,
        checkpointEvery: 2,
        normalization: "imagenet",
      } as const;
      const name = `resumed-${method}`;
      await fit(device, config(change), options(method));
      cpSync(join(folder, method), join(folder, name), { recursive: true });
      rmSync(checkpointFile(join(folder, name), 4));
      await fit(device, config(change), options(name, { resume: true }));
      const bytes = (run: string) => readFileSync(checkpointFile(join(folder, run), 4));
      expect(bytes(name).equals(bytes(method))).toBe(true);
      const predictor = await loadPredictor(device, join(folder, method));
      const [pLive = 0] = await predictor.score(imageBlock(new Uint8Array(16 * 16 * 3).fill(90), 16), [0]);
      expect(pLive).toBeGreaterThan(0);
      expect(pLive).toBeLessThan(1);
    }
    const steps = readMetrics(join(folder, "flip-mcl", "metrics.jsonl"));
    expect(Object.keys(steps[0] ?? {})).toEqual(
      expect.arrayContaining(["judgmentLoss", "simclr", "consistency"]),
    );
  },
  timeout,
);

it("leaves no tensor behind", async () => {
  const before = device.stats.live;
  await fit(device, config({ steps: 3 }), options("leak"));
  expect(device.stats.live).toBe(before);
});

it("names what is missing", async () => {
  const { manifest } = config();
  await expect(fit(device, config({ datasets: ["D1", "D9"] }), options("none"))).rejects.toThrow(
    "no train rows of data set D9; it has D1",
  );
  await expect(fit(device, config(), options("empty", { resume: true }))).rejects.toThrow(
    "no checkpoint to resume",
  );
  await expect(loadPredictor(device, join(folder, "nowhere"))).rejects.toThrow("no checkpoint at");
  await expect(loadPredictor(device, join(folder, "images"))).rejects.toThrow("is no run");
  copyFileSync(manifest, join(folder, "copy.arrow"));
  truncateSync(join(folder, "copy.arrow"), 100);
  await expect(fit(device, config({ manifest: join(folder, "copy.arrow") }), options("x"))).rejects.toThrow(
    "copy.arrow",
  );
});
