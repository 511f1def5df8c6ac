/** @file Checkpoints of runs over published weights: what they leave out, and how it is found again. */

import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { channelStatistics, imageBlock, normalizeBatch, readManifest } from "@candor/data";
import {
  AdamW,
  Device,
  Random,
  readSafetensors,
  tensor,
  trainableParameters,
  writeSafetensors,
} from "@candor/tensor-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkpointFile, readCheckpoint, saveCheckpoint } from "../checkpoint/checkpoint.ts";
import { fit } from "../loop/fit.ts";
import { loadPredictor } from "../predictor/predictor.ts";
import type { RunConfig } from "../recipes/runConfig.ts";
import { publishedLora as lora, publishedRun, writePublished } from "../testing/publishedFolders.ts";
import { buildMethod } from "./buildMethod.ts";

const timeout = 240_000;
const images = imageBlock(
  Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => (i * 37) % 256),
  16,
);
const quiet = { progress: () => ({ update: () => {}, note: () => {}, stop: () => {} }), warn: () => {} };

let folder: string;
let device: Device;
beforeAll(async () => {
  device = await Device.open();
  folder = mkdtempSync(join(tmpdir(), "candor-published-"));
  await writePublished(device, folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

const metadataOf = async (run: string) => (await readSafetensors(checkpointFile(run, 3))).metadata;
const config = (change: Partial<RunConfig>) => publishedRun(folder, change);

it(
  "a predictor scores the same bits as the method that was saved",
  async () => {
    const { rows } = await readManifest(config({}).manifest);
    for (const weights of ["f32", "f16"] as const) {
      const run = join(folder, `saved-${weights}`);
      mkdirSync(run);
      const change = config({
        pretrained: { vision: join(folder, "clip"), lm: join(folder, "lm") },
        lora,
        weights,
        seed: 3,
      });
      const method = await buildMethod(device, change, rows, run);
      const trainable = trainableParameters(method.model);
      const random = new Random(9);
      for (const parameter of trainable.values())
        parameter.write(Float32Array.from({ length: parameter.size }, () => random.normal(0, 0.3)));
      writeFileSync(join(run, "config.json"), JSON.stringify(change));
      await saveCheckpoint(run, 1, method.model, new AdamW(trainable, { learningRate: 1 }), method.leftOut);
      const pixels = normalizeBatch(images, [0], undefined, channelStatistics[change.normalization]);
      const score = await method.score(tensor(device, pixels, [1, 3, 16, 16]));
      expect(await (await loadPredictor(device, run)).score(images, [0])).toEqual(score);
    }
  },
  timeout,
);

it(
  "a checkpoint leaves frozen published weights to their folders, and resumes with the same bits",
  async () => {
    const pretrained = { vision: join(folder, "moving-clip"), lm: join(folder, "moving-lm") };
    for (const name of ["clip", "lm"])
      cpSync(join(folder, name), join(folder, `moving-${name}`), { recursive: true });
    const run = (name: string) => join(folder, name);
    const change = { pretrained, lora, steps: 4, checkpointEvery: 2 };
    await fit(device, config(change), { folder: run("left-out"), resume: false, ...quiet });
    const file = (name: string) => checkpointFile(run(name), 4);
    const { tensors, metadata } = await readSafetensors(file("left-out"));
    const held = [...tensors.keys()].filter((name) => name.startsWith("model."));
    expect(held.filter((name) => !/^model\.connector\.|\.lora[AB]$/.test(name))).toEqual([]);
    expect(held.filter((name) => name.endsWith(".loraB"))).toHaveLength(1);
    expect(metadata).toMatchObject({ step: "4", frozen: "published" });

    // Resumed after half of the steps.
    cpSync(run("left-out"), run("left-out-killed"), { recursive: true });
    rmSync(file("left-out-killed"));
    await fit(device, config(change), { folder: run("left-out-killed"), resume: true, ...quiet });
    expect(readFileSync(file("left-out-killed")).equals(readFileSync(file("left-out")))).toBe(true);

    // The same run with a checkpoint of the earlier form, which holds everything.
    const scored = async (name: string) => {
      const predictor = await loadPredictor(device, run(name));
      const score = await predictor.score(images, [0]);
      const state = await predictor.model.stateDict();
      predictor.model.dispose();
      return { score, state };
    };
    const { score, state } = await scored("left-out");
    cpSync(run("left-out"), run("whole"), { recursive: true });
    const whole = new Map([...state].map(([name, value]) => [`model.${name}`, value]));
    await writeSafetensors(file("whole"), whole, { step: "4", format: "candor-checkpoint-1" });
    renameSync(join(folder, "moving-lm"), join(folder, "moved-lm"));
    expect((await scored("whole")).score).toEqual(score);

    const field = `pretrained.lm of ${join(run("left-out"), "config.json")}`;
    await expect(loadPredictor(device, run("left-out"))).rejects.toThrow(
      new RegExp(`moving-lm, which cannot be read .*put the folder back, or its new place into ${field}`),
    );
    const settings = join(run("left-out"), "config.json");
    const moved = readFileSync(settings, "utf8").replace("moving-lm", "moved-lm");
    writeFileSync(settings, moved);
    expect((await scored("left-out")).score).toEqual(score);

    // Fine-tuned weights of the same sizes are other weights.
    const weights = join(folder, "moved-lm", "model.safetensors");
    const changed = (await readSafetensors(weights)).tensors;
    changed.get("model.norm.weight")!.data[0]! += 1;
    await writeSafetensors(
      weights,
      new Map([...changed].map(([name, { shape, data }]) => [name, { shape, data }])),
    );
    await expect(loadPredictor(device, run("left-out"))).rejects.toThrow(
      /moved-lm holds other weights than those that the checkpoint was trained over/,
    );
    const resumed = { ...change, pretrained: { ...pretrained, lm: join(folder, "moved-lm") } };
    await expect(
      fit(device, config(resumed), { folder: run("left-out"), resume: true, ...quiet }),
    ).rejects.toThrow(/moved-lm holds other weights .*pretrained\.lm/);
    // A run that trains more than the checkpoint holds is no resumption, by whichever configuration.
    const more = config({
      ...change,
      lora: { ...lora, alsoTrain: ["connector.*", "vit.*"] },
      pretrained: { ...pretrained, lm: join(folder, "lm") },
    });
    const going = () => fit(device, more, { folder: run("left-out"), resume: true, ...quiet });
    await expect(going()).rejects.toThrow(
      /lora\.alsoTrain: the run has .*, got \["connector\.\*","vit\.\*"\]/,
    );
    writeFileSync(settings, JSON.stringify(more));
    await expect(going()).rejects.toThrow(
      /the checkpoint of step 4 lacks vit\..*, which is no frozen parameter/,
    );
  },
  timeout,
);

it(
  "a run that goes on from another leaves out what both leave to the same folder",
  async () => {
    const pretrained = { vision: join(folder, "clip"), lm: join(folder, "lm") };
    const first = { pretrained, lora: { ...lora, alsoTrain: ["connector.*", "lm.finalNorm.*"] } };
    const from = join(folder, "first");
    await fit(device, config(first), { folder: from, resume: false, ...quiet });
    const second = join(folder, "second");
    await fit(device, config({ pretrained, lora }), { folder: second, from, resume: false, ...quiet });
    const [before, after] = await Promise.all(
      [from, second].map(async (run) => (await readCheckpoint(checkpointFile(run, 3))).model),
    );
    // The norm was trained in the first run and is frozen in the second: no folder has its values.
    const norm = [...after!.keys()].filter((name) => !/^connector\.|\.lora[AB]$/.test(name));
    expect(norm).toEqual(["lm.finalNorm.weight"]);
    expect(after!.get("lm.finalNorm.weight")?.data).toEqual(before!.get("lm.finalNorm.weight")?.data);
    expect(await metadataOf(second)).toMatchObject({
      "published.lm": expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    // No folder of the third run holds the language model.
    const third = join(folder, "third");
    const own = { pretrained: { vision: pretrained.vision }, lora };
    await fit(device, config(own), { folder: third, from, resume: false, ...quiet });
    const all = (await readCheckpoint(checkpointFile(third, 3))).model;
    expect(all.has("lm.layers.0.attention.key.weight")).toBe(true);
    expect([...all.keys()].filter((name) => name.startsWith("vit."))).toEqual([]);
    expect(Object.keys(await metadataOf(third))).toEqual(["step", "format", "frozen", "published.vision"]);
    const fourth = join(folder, "fourth");
    await fit(device, config({ lora }), { folder: fourth, from, resume: false, ...quiet });
    expect(await metadataOf(fourth)).toEqual({ step: "3", format: "candor-checkpoint-1" });
    for (const run of [second, third, fourth]) (await loadPredictor(device, run)).model.dispose();
  },
  timeout,
);
