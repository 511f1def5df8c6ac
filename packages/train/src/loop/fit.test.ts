/** @file Training on a handful of drawn images: it learns, stops well, and resumes bit for bit. */

import {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cropDataset, imageBlock, readManifest, writeManifest } from "@candor/data";
import { Device, DeviceLostError, readSafetensors, writeSafetensors } from "@candor/tensor-core";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkpointFile, listCheckpoints } from "../checkpoint/checkpoint.ts";
import { thresholdFile } from "../checkpoint/runFolder.ts";
import { loadPredictor } from "../predictor/predictor.ts";
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

/** Every file of a run with its bytes. */
function filesOf(name: string): Map<string, Buffer> {
  const run = join(folder, name);
  const files = readdirSync(run, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((entry) => join(entry.parentPath, entry.name)).map((file) => [file, readFileSync(file)]),
  );
}

it(
  "a new run leaves a folder with checkpoints alone, or takes all of it",
  async () => {
    const used = join(folder, "used");
    cpSync(join(folder, "whole"), used, { recursive: true });
    writeFileSync(
      thresholdFile(used),
      JSON.stringify({ value: 0.7, source: "the dev split of the earlier run", step: 4 }),
    );
    const before = filesOf("used");
    const shorter = config({ seed: 1, steps: 4 });
    await expect(fit(device, shorter, options("used"))).rejects.toThrow(
      new RegExp(`^${used} holds a run already, .* step 8: .* --resume, .* another --out, .* --overwrite$`),
    );
    await expect(fit(device, config(), options("used", { resume: true, overwrite: true }))).rejects.toThrow(
      "--resume goes on and --overwrite begins anew: leave one out",
    );
    const endless = { ...shorter, optimizer: { ...shorter.optimizer, warmupSteps: 5 } };
    await expect(fit(device, endless, options("used", { overwrite: true }))).rejects.toThrow(
      "5 steps of warm-up do not fit a run of 4",
    );
    expect(filesOf("used")).toEqual(before);
    await fit(device, shorter, options("used", { overwrite: true }));
    expect(listCheckpoints(used)).toEqual([4]);
    expect(readMetrics(join(used, "metrics.jsonl")).map(({ step }) => step)).toEqual([1, 2, 3, 4, 4]);
    const { step, config: loaded, threshold } = await loadPredictor(device, used);
    expect([step, loaded.seed, threshold.value]).toEqual([4, 1, 0.5]);

    // Nothing of a run whose checkpoints somebody removed is left either.
    rmSync(join(used, "checkpoints"), { recursive: true });
    writeFileSync(thresholdFile(used), JSON.stringify({ value: 0.7, source: "of an earlier run", step: 4 }));
    await fit(device, shorter, options("used"));
    expect((await loadPredictor(device, used)).threshold.value).toBe(0.5);
  },
  timeout,
);

it(
  "goes on by the run's own configuration alone, but for places and what no number depends on",
  async () => {
    cpSync(join(folder, "whole"), join(folder, "own"), { recursive: true });
    rmSync(checkpointFile(join(folder, "own"), 8));
    const before = filesOf("own");
    const { optimizer, lm } = config();
    const other = config({
      seed: 1,
      steps: 12,
      lm: { ...lm, vocabularySize: 300 },
      optimizer: { ...optimizer, learningRate: 1e-3 },
    });
    await expect(fit(device, other, options("own", { resume: true }))).rejects.toThrow(
      `${join(folder, "own")} goes on by its own config.json only, and what is given differs:\n` +
        "  seed: the run has 0, got 1\n" +
        "  lm.vocabularySize: the run has 320, got 300\n" +
        "  steps: the run has 8, got 12: the schedule of the learning rate depends on it\n" +
        "  optimizer.learningRate: the run has 0.005, got 0.001\n",
    );
    expect(filesOf("own")).toEqual(before);
    const manifest = join(folder, "moved.arrow");
    copyFileSync(config().manifest, manifest);
    await fit(device, config({ manifest, checkpointEvery: 3 }), options("own", { resume: true }));
    expect(listCheckpoints(join(folder, "own"))).toEqual([6, 8]);
    const bytes = (name: string) => readFileSync(checkpointFile(join(folder, name), 8));
    expect(bytes("own").equals(bytes("whole"))).toBe(true);
  },
  timeout,
);

it("a gradient that is not finite ends the run like a loss that is not, before it is saved", async () => {
  const change = { method: "vit-binary", checkpointEvery: 4, evaluateEvery: 100 } as const;
  await fit(device, config(change), options("steep"));
  rmSync(checkpointFile(join(folder, "steep"), 8));
  const file = checkpointFile(join(folder, "steep"), 4);
  const { tensors, metadata } = await readSafetensors(file);
  // Every judgment is wrong now, by logits of 1e25: the loss is finite, and the square of its gradient is not.
  const head = tensors.get("model.head.weight")!.data as Float32Array;
  head.forEach((value, i) => (head[i] = -1e25 * value));
  await writeSafetensors(
    file,
    new Map([...tensors].map(([name, { shape, data }]) => [name, { shape, data }])),
    metadata,
  );
  await expect(fit(device, config(change), options("steep", { resume: true }))).rejects.toThrow(
    /^the norm of the gradient is (Infinity|NaN) at step 5; lower --learning-rate\. The last checkpoint is intact\.$/,
  );
  const [last] = readMetrics(join(folder, "steep", "metrics.jsonl")).slice(-1);
  expect(last).toMatchObject({ step: 5, loss: expect.any(Number) });
  expect(listCheckpoints(join(folder, "steep"))).toEqual([4]);
});

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
