/** @file Runs that start from folders of published weights: what is kept, what is trained, and what is refused. */

import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Clip, saveClip } from "@candor/models";
import { Device, encodeSafetensors, type HostTensor, parseSafetensors, Random } from "@candor/tensor-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkpointFile, readCheckpoint } from "../checkpoint/checkpoint.ts";
import { fit } from "../loop/fit.ts";
import { readMetrics } from "../loop/metricsLog.ts";
import { loadPredictor } from "../predictor/predictor.ts";
import type { RunConfig } from "../recipes/runConfig.ts";
import {
  publishedLora as lora,
  publishedRun,
  publishedVit as vit,
  writePublished,
} from "../testing/publishedFolders.ts";

const timeout = 240_000;
let folder: string;
let device: Device;
const quiet = { progress: () => ({ update: () => {}, note: () => {}, stop: () => {} }), warn: () => {} };

beforeAll(async () => {
  device = await Device.open();
  folder = mkdtempSync(join(tmpdir(), "candor-pretrained-"));
  await writePublished(device, folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

const config = (change: Partial<RunConfig>) => publishedRun(folder, change);

/** Every parameter of a run after its training, those that its checkpoint leaves out too. */
const trained = async (
  name: string,
  change: Partial<RunConfig>,
): Promise<ReadonlyMap<string, HostTensor>> => {
  const run = join(folder, name);
  await fit(device, config(change), { folder: run, resume: false, ...quiet });
  const { model } = await loadPredictor(device, run);
  const state = await model.stateDict();
  model.dispose();
  return state;
};

it(
  "I-FAS over published parts trains LoRA and the connector, and leaves the rest as it was",
  async () => {
    const pretrained = { vision: join(folder, "clip"), lm: join(folder, "lm") };
    const state = await trained("ifas", { pretrained, lora });
    const start = await trained("ifas-start", {
      pretrained,
      lora,
      optimizer: { ...config({}).optimizer, learningRate: 1e-30 },
    });
    const moved = [...state.keys()].filter((name) => {
      const [a, b] = [state, start].map((all) => all.get(name)?.data as Float32Array) as [
        Float32Array,
        Float32Array,
      ];
      return a.some((value, i) => Math.abs(value - (b[i] as number)) > 1e-9);
    });
    expect(moved.length).toBeGreaterThan(10);
    expect(moved.filter((name) => !/^connector\.|\.lora[AB]$/.test(name))).toEqual([]);
    expect(moved.filter((name) => /lora/.test(name)).length).toBeGreaterThan(0);
    expect(state.get("vit.classToken")?.data).toEqual(start.get("vit.classToken")?.data);
    const { model } = await loadPredictor(device, join(folder, "ifas"));
    expect((await model.stateDict()).get("lm.layers.0.attention.query.loraB")?.data).toEqual(
      state.get("lm.layers.0.attention.query.loraB")?.data,
    );
    expect(readdirSync(join(folder, "ifas"))).toContain("tokenizer.json");
  },
  timeout,
);

it(
  "groups freeze an encoder and slow others down",
  async () => {
    const pretrained = { vision: join(folder, "clip") };
    const groups = [
      { match: "vit.*", rate: 0 },
      { match: "bottleneck.*", rate: 0.1 },
    ];
    const state = await trained("flip-v", { method: "flip-v", pretrained, groups });
    const other = await trained("flip-v-2", { method: "flip-v", pretrained, groups, seed: 1 });
    expect(state.get("vit.positions")?.data).toEqual(other.get("vit.positions")?.data);
    expect(state.get("classes")?.data).not.toEqual(other.get("classes")?.data);
  },
  timeout,
);

it(
  "FLIP-MCL reads its prompts through the published tokenizer",
  async () => {
    const pretrained = { vision: join(folder, "clip") };
    await trained("flip-mcl", { method: "flip-mcl", pretrained });
    const { model } = await loadPredictor(device, join(folder, "flip-mcl"));
    const [first] = (model as unknown as { config: { prompts: { live: number[][] } } }).config.prompts.live;
    // The published start and end stand around the words.
    expect([first?.[0], first?.at(-1)]).toEqual([1, 2]);
  },
  timeout,
);

it(
  "f16 weights and recomputed layers train alike, and a run with f16 ones is loaded with them",
  async () => {
    const pretrained = { vision: join(folder, "clip"), lm: join(folder, "lm") };
    const losses = async (name: string, change: Partial<RunConfig>) => {
      await trained(name, { pretrained, lora, ...change });
      const lines = readMetrics(join(folder, name, "metrics.jsonl"));
      return lines.flatMap(({ loss }) => (typeof loss === "number" ? [loss] : []));
    };
    const plain = await losses("kept", {});
    expect(plain).toHaveLength(3);
    expect(await losses("recomputed", { recomputeLayers: true })).toEqual(plain);
    const half = await losses("half", { weights: "f16", recomputeLayers: true });
    expect(half).not.toEqual(plain);
    // Each weight is rounded to 11 bits.
    half.forEach((loss, i) => expect(Math.abs(loss / (plain[i] as number) - 1)).toBeLessThan(2 ** -8));

    const { model } = await loadPredictor(device, join(folder, "half"));
    const saved = (await readCheckpoint(checkpointFile(join(folder, "half"), 3))).model;
    const exact = await (await loadPredictor(device, join(folder, "kept"))).model.stateDict();
    for (const [name, parameter] of model.namedParameters()) {
      const isHalf = parameter.rank === 2 && /^(vit|lm)\./.test(name) && !/lora|positions/.test(name);
      expect(parameter.dtype, name).toBe(isHalf ? "f16" : "f32");
      const { shape, data } = saved.get(name) ?? (exact.get(name) as HostTensor);
      const { tensors } = parseSafetensors(
        encodeSafetensors(new Map([["value", isHalf ? { shape, data, dtype: "F16" } : { shape, data }]])),
      );
      expect(await parameter.read(), name).toEqual(tensors.get("value")?.data);
    }
  },
  timeout,
);

it("a model larger than the budget is refused before anything is allocated", async () => {
  const small = await Device.open({ memoryBudgetBytes: 20_000, tuned: false });
  const run = join(folder, "large");
  const started = fit(small, config({}), { folder: run, resume: false, ...quiet });
  await expect(started).rejects.toThrow(
    /^the model needs 0\.00\d+ GiB before any activation .*take a smaller model/,
  );
  expect(small.stats.created).toBe(0);
  expect(existsSync(run)).toBe(false);
});

it("a tokenizer with more ids than the embedding table is refused before anything is allocated", async () => {
  const own = await Device.open({ tuned: false });
  const small = join(folder, "small");
  const text = { vocabularySize: 8, maxTokens: 40, width: 16, layers: 1, heads: 2, mlpRatio: 2 };
  const made = await Device.open({ tuned: false });
  await saveClip(small, new Clip(made, { vit, text, embeddingWidth: 16 }, new Random(1)));
  cpSync(join(folder, "clip", "tokenizer.json"), join(small, "tokenizer.json"));
  const change = { method: "flip-it", pretrained: { vision: small } } as const;
  const started = fit(own, config(change), { folder: join(folder, "misfit"), resume: false, ...quiet });
  await expect(started).rejects.toThrow(
    /the tokenizer has ids up to \d+, the embedding table of .*small 8 rows/,
  );
  expect(own.stats.created).toBe(0);
});

it("names what is missing before it trains", async () => {
  const from = (change: Partial<RunConfig>) =>
    fit(device, config(change), { folder: join(folder, "none"), resume: false, ...quiet });
  await expect(from({ pretrained: { vision: join(folder, "nowhere") } })).rejects.toThrow(
    /nowhere.*config\.json.*download them there/s,
  );
  rmSync(join(folder, "lm", "tokenizer.json"));
  await expect(from({ pretrained: { lm: join(folder, "lm") } })).rejects.toThrow(
    "lm has no tokenizer.json; download it beside the weights",
  );
});
