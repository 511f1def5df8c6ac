/** @file SCF from end to end on a handful of drawn images, stopped and gone on with at every stage. */

import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type CaptionNoise,
  defaultKeywords,
  type ManifestRow,
  readManifest,
  writeManifest,
} from "@candor/data";
import { Device } from "@candor/tensor-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkpointFile, readCheckpoint } from "../checkpoint/checkpoint.ts";
import { fit } from "../loop/fit.ts";
import { loadPredictor } from "../predictor/predictor.ts";
import { recipes } from "../recipes/recipes.ts";
import type { RunConfig } from "../recipes/runConfig.ts";
import { writeStripes } from "../testing/stripes.ts";
import { type CaptionWork, openCaptionWork } from "./captionWork.ts";
import { filterStage } from "./filterStage.ts";
import { finetuneStage, type TrainingCounts } from "./finetuneStage.ts";
import { generalStage } from "./generalStage.ts";
import { recaptionStage } from "./recaptionStage.ts";
import { showFilter, showFinetune, showGeneral, showRecaption } from "./showCounts.ts";

// A cold shader cache takes its time.
const timeout = 240_000;

let folder: string;
let manifest: string;
let device: Device;
const quiet = { progress: () => ({ update: () => {}, note: () => {}, stop: () => {} }), warn: () => {} };
const untaught = { ...quiet, groundingSteps: 0 };
const noise: CaptionNoise = { seed: 5, missing: 0.2, wrong: 0.2, falseOnLive: 0.2 };

beforeAll(async () => {
  device = await Device.open();
  folder = mkdtempSync(join(tmpdir(), "candor-caption-"));
  await writeStripes(folder);
  manifest = join(folder, "manifest.arrow");
});
afterAll(() => rmSync(folder, { recursive: true }));

const open = (name: string): Promise<CaptionWork> =>
  openCaptionWork(manifest, join(folder, name), ["train", "dev"]);

function config(change: Partial<RunConfig> = {}): RunConfig {
  const base = recipes.starter("ifas", "");
  return {
    ...base,
    imageSize: 16,
    vit: { imageSize: 16, patchSize: 8, width: 16, layers: 1, heads: 2, mlpRatio: 2 },
    connector: { kind: "gac", width: 16, queries: 2, depth: 1, heads: 2, mlpRatio: 2 },
    lm: { ...base.lm, vocabularySize: 320, width: 16, layers: 1, heads: 2, kvHeads: 1, hidden: 32 },
    maxAnswerTokens: 24,
    steps: 100,
    batchSize: 8,
    checkpointEvery: 50,
    evaluateEvery: 100,
    optimizer: { ...base.optimizer, learningRate: 2e-2, warmupSteps: 2 },
    ...change,
  };
}

it(
  "captions, filters, learns and captions again; what was done is never done twice",
  async () => {
    const work = await open("whole");
    await expect(filterStage(work, defaultKeywords)).rejects.toThrow(/no .*general.jsonl yet/);
    const general = await generalStage(work, { kind: "noise", noise });
    expect(general).toMatchObject({ frames: 24, captioned: 24, kept: 0 });
    expect((await generalStage(work, { kind: "noise", noise })).kept).toBe(24);
    const other = { kind: "noise", noise: { ...noise, wrong: 0.5 } } as const;
    await expect(generalStage(work, other)).rejects.toThrow(/made with other settings/);

    await expect(finetuneStage(device, work, config(), untaught)).rejects.toThrow(/run --stage=filter first/);
    const filter = await filterStage(work, defaultKeywords);
    const kept = (await readManifest(work.pairs)).rows;
    expect(kept).toHaveLength(filter.kept);
    expect(filter.kept).toBeGreaterThan(4);
    expect(kept.every((row) => row.label === "spoof" && row.captionSpoof.includes("paper"))).toBe(true);
    const verdicts = readFileSync(work.files.filter, "utf8").trimEnd().split("\n");
    expect(verdicts.filter((line) => (JSON.parse(line) as { kept: boolean }).kept)).toHaveLength(filter.kept);

    const abort = new AbortController();
    const progress = () => ({
      update: (step: number) => void (step === 5 && abort.abort()),
      note: () => {},
      stop: () => {},
    });
    const stopped = await finetuneStage(device, work, config(), {
      ...untaught,
      progress,
      signal: abort.signal,
    });
    expect(stopped).toMatchObject({ steps: 5, kept: 0, stopped: true });
    const trained = await finetuneStage(device, work, config(), untaught);
    expect(trained).toMatchObject({ steps: 100, kept: 5, stopped: false });
    expect(trained.trainPairs + trained.devPairs).toBe(filter.kept);
    expect((await finetuneStage(device, work, config(), untaught)).kept).toBe(100);
    await expect(finetuneStage(device, work, config({ steps: 150 }), untaught)).rejects.toThrow(
      /trained on other pairs or with other settings/,
    );

    const captioner = await loadPredictor(device, work.files.captioner);
    const out = join(folder, "manifest.scf.arrow");
    const options = { keywords: defaultKeywords, out };
    const gone = new AbortController();
    gone.abort();
    const none = await recaptionStage(work, captioner, { ...options, signal: gone.signal });
    expect(none).toMatchObject({ captioned: 0 });
    expect(none.out).toBeUndefined();
    const again = await recaptionStage(work, captioner, options);
    expect(again).toMatchObject({ spoof: 12, captioned: 12, kept: 0, live: 12, liveWithout: 0, out });
    // All spoofs look alike here, and most of the kept captions speak of paper.
    expect(again.after.truth?.recall).toBe(1);
    expect(again.after.kept).toBeGreaterThanOrEqual(filter.kept);
    const lines = readFileSync(work.files.recaption, "utf8");
    writeFileSync(work.files.recaption, lines.slice(0, -20));
    expect(await recaptionStage(work, captioner, options)).toEqual({ ...again, kept: 11 });
    expect(readFileSync(work.files.recaption, "utf8")).toBe(lines);

    const { rows, metadata } = await readManifest(out);
    expect(metadata["captions"]).toMatch(/^SCF: general captions by .*"noise".* at step 100$/);
    expect(rows.map(({ id }) => id)).toEqual(work.all.map(({ id }) => id));
    for (const row of rows) {
      if (row.label === "live") expect(row.captionSpoof).toBe(row.captionGeneral);
      else expect(row.captionSpoof).not.toMatch(/^(No|,)/);
    }
    const texts = [showGeneral(general), showFilter(filter), showFinetune(trained), showRecaption(again)];
    expect(texts.join("\n")).toMatch(/precision [\d.]+ %, recall 100.0 %/);
    expect(texts.join("\n")).not.toMatch(/NaN|undefined/);

    // One attack alone cannot show whether the captioner looks.
    expect(texts.join("\n")).not.toMatch(/ignores/);
    const named = { train: { frames: 400, before: 0.8, after: 0.3, shuffled: 0.25 } };
    expect(showRecaption({ ...again, attacks: 4, named })).toMatch(/ignores the image: .*--grounding-steps/);
    named.train.after = 0.4;
    expect(showRecaption({ ...again, attacks: 4, named })).not.toMatch(/ignores/);

    const run = { folder: join(folder, "run"), resume: false, ...quiet };
    const used = await fit(device, config({ manifest: out, steps: 2, evaluateEvery: 2 }), run);
    expect(used.finalLoss).toBeGreaterThan(0);
    await expect(recaptionStage(work, captioner, { ...options, out: manifest })).rejects.toThrow(
      /another file/,
    );
  },
  timeout,
);

it(
  "a captioner of ours captions other frames, and is fine-tuned from its own weights",
  async () => {
    const first = join(folder, "whole", "captioner");
    const captioner = await loadPredictor(device, first);
    const work = await open("ours");
    const general = await generalStage(work, { kind: "model", folder: first, captioner });
    expect(general).toMatchObject({ captioned: 24, captioner: "model" });
    // Their truth is not known: nothing was drawn.
    expect(await filterStage(work, defaultKeywords)).not.toHaveProperty("truth");
    const still = config({ steps: 1 });
    const optimizer = { ...still.optimizer, learningRate: 1e-9, weightDecay: 0, warmupSteps: 0 };
    await finetuneStage(device, work, { ...still, optimizer }, { ...quiet, groundingSteps: 9, from: first });
    const before = await readCheckpoint(checkpointFile(first, 100));
    const after = await readCheckpoint(checkpointFile(work.files.captioner, 1));
    for (const [name, { data }] of after.model) {
      const old = before.model.get(name)?.data as Float32Array;
      expect(
        Math.max(...(data as Float32Array).map((value, i) => Math.abs(value - (old[i] as number)))),
      ).toBeLessThan(1e-6);
    }
  },
  timeout,
);

it(
  "a captioner from initial weights is grounded first, and its sentences follow the image",
  async () => {
    // The warm images stand for another attack.
    const { rows, metadata } = await readManifest(manifest);
    const two = rows.map((row): ManifestRow => {
      const attack = row.label === "live" ? "replay" : "print";
      const cue = attack === "print" ? "halftone dots" : "a moire pattern";
      return { ...row, label: "spoof", attack, captionSpoof: `this is a photo with ${cue}.` };
    });
    const file = join(folder, "two.arrow");
    await writeManifest(file, two, metadata);
    const work = await openCaptionWork(file, join(folder, "grounded"), ["train", "dev"]);
    await generalStage(work, { kind: "noise", noise: { ...noise, missing: 0.1, wrong: 0.1 } });
    await filterStage(work, defaultKeywords);

    const abort = new AbortController();
    const progress = (title: string) => ({
      ...quiet.progress(),
      update: (step: number) => void (title === "grounding" && step === 5 && abort.abort()),
    });
    const options = { ...quiet, groundingSteps: 60 };
    const first = await finetuneStage(device, work, config(), {
      ...options,
      progress,
      signal: abort.signal,
    });
    expect(first).toMatchObject({ grounding: { steps: 5, kept: 0, stopped: true }, steps: 0, stopped: true });
    expect(existsSync(work.files.captioner)).toBe(false);
    const counts = await finetuneStage(device, work, config(), options);
    expect(counts).toMatchObject({ grounding: { steps: 60, kept: 5 }, steps: 100, kept: 0, stopped: false });
    for (const { devLoss } of [counts, counts.grounding as TrainingCounts]) {
      expect(devLoss?.shuffled).toBeGreaterThan((devLoss?.own ?? 0) + 0.02);
    }
    const grounded = (await readCheckpoint(checkpointFile(work.files.grounding, 60))).model;
    const taught = (await readCheckpoint(checkpointFile(work.files.captioner, 100))).model;
    const changed = [...grounded.keys()].filter(
      (name) =>
        !Buffer.from(grounded.get(name)!.data.buffer).equals(Buffer.from(taught.get(name)!.data.buffer)),
    );
    expect(changed.length).toBeGreaterThan(5);
    expect(changed.every((name) => name.startsWith("lm."))).toBe(true);
    expect(await finetuneStage(device, work, config(), options)).toMatchObject({
      grounding: { kept: 60, devLoss: counts.grounding?.devLoss },
      kept: 100,
      devLoss: counts.devLoss,
    });
    await expect(finetuneStage(device, work, config(), { ...options, groundingSteps: 70 })).rejects.toThrow(
      /grounding was trained on other pairs or with other settings/,
    );

    const captioner = await loadPredictor(device, work.files.captioner);
    const out = join(folder, "two.scf.arrow");
    const { named, attacks, after } = await recaptionStage(work, captioner, {
      keywords: defaultKeywords,
      out,
    });
    expect(attacks).toBe(2);
    expect(named.dev).toMatchObject({ frames: 8, after: 1, shuffled: 0.5 });
    expect(after.truth?.precision).toBe(1);
  },
  timeout,
);

it("captions of a file are taken by id, and what is missing is counted", async () => {
  const work = await open("file");
  const file = join(folder, "captions.csv");
  writeFileSync(file, "id,caption\n0,a man.\n1,a man on paper.\n3,a man on a screen.\nfoo,nobody.\n");
  expect(await generalStage(work, { kind: "file", file })).toEqual({
    captioner: "file",
    frames: 24,
    captioned: 3,
    kept: 0,
    unused: 1,
  });
  const counts = await filterStage(work, defaultKeywords);
  expect(counts).toMatchObject({ spoof: 2, kept: 1, otherAttackOnly: 1, live: 1, liveHits: 0 });
  const rare = { ...defaultKeywords, print: ["halftone"] };
  await expect(filterStage(work, rare)).rejects.toThrow(/none of 2 captions .*--keywords/);
  await expect(openCaptionWork(manifest, folder, ["test"])).rejects.toThrow(/no rows of split test.*D1/);
});

it(
  "a process that is killed while a server captions leaves what was done, and the next goes on",
  async () => {
    const work = join(folder, "killed");
    mkdirSync(work);
    let asked = 0;
    let hang = true;
    const reached = new EventEmitter();
    const server = createServer((request, response) => {
      request.resume();
      if (++asked > 7 && hang) return void reached.emit("hang");
      response.end(JSON.stringify({ choices: [{ message: { content: `paper ${asked}` } }] }));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    const program = fileURLToPath(new URL("../cli/caption.ts", import.meta.url));
    const flags = [`--manifest=${manifest}`, `--work=${work}`, "--model=m", "--jobs=1", "--json"];
    flags.push("--stage=general", `--endpoint=http://127.0.0.1:${port}/v1`);
    const command = ["--conditions=@candor/source", "--import", "tsx", program, ...flags];
    const cwd = fileURLToPath(new URL(".", import.meta.url));
    const start = () => spawn(process.execPath, command, { cwd, stdio: ["ignore", "pipe", "ignore"] });
    try {
      const first = start();
      await once(reached, "hang");
      first.kill("SIGKILL");
      const journal = join(work, "general.jsonl");
      expect(readFileSync(journal, "utf8").trimEnd().split("\n")).toHaveLength(8); // Settings, then 7.
      hang = false;
      const second = start();
      let text = "";
      second.stdout.on("data", (chunk) => (text += String(chunk)));
      expect(await new Promise((done) => second.on("close", done))).toBe(0);
      expect(JSON.parse(text)).toMatchObject({ general: { frames: 24, captioned: 24, kept: 7 } });
      expect(asked).toBe(8 + 17);
      expect(existsSync(journal)).toBe(true);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  },
  timeout,
);
