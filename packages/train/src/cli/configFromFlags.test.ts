/** @file What `train:fit` makes of its flags: the recipe's configuration, or that of the run that goes on. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkpointFile } from "../checkpoint/checkpoint.ts";
import { readStart, writeRunConfig } from "../checkpoint/runFolder.ts";
import { recipes } from "../recipes/recipes.ts";
import { configFromFlags, type FitFlags } from "./configFromFlags.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "candor-flags-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const newest = async () => "newest.arrow";
const unasked = async () => Promise.reject(new Error("no data are asked for"));
const from = (flags: Partial<FitFlags>) => configFromFlags({ resume: false, ...flags }, newest);

/** A file of changes. */
function changes(value: object): string {
  const file = join(folder, "changes.json");
  writeFileSync(file, JSON.stringify(value));
  return file;
}

it("without flags it is the starter on the newest data", async () => {
  const config = recipes.starter("ifas", "newest.arrow");
  expect(await from({})).toEqual({ config, folder: resolve("runs/starter-ifas-0") });
});

it("flags come before the file, and the file before the recipe", async () => {
  const config = changes({ recipe: "mine", method: "vit-binary", seed: 4, steps: 9, manifest: "its.arrow" });
  const { config: merged, folder: run } = await from({ config, steps: 7, learningRate: 0.5 });
  const { optimizer } = recipes.starter("ifas", "");
  expect(merged).toMatchObject({ recipe: "mine", seed: 4, steps: 7, manifest: "its.arrow" });
  expect(merged.optimizer).toEqual({ ...optimizer, learningRate: 0.5 });
  expect(run).toBe(resolve("runs/mine-vit-binary-4"));
  const flags = { config, method: "flip-v", manifest: "flag.arrow" } as const;
  expect((await from(flags)).config).toMatchObject({
    method: "flip-v",
    manifest: "flag.arrow",
    normalization: "imagenet",
  });
});

it("a file cannot pass one recipe off as another", async () => {
  const config = changes({ recipe: "flip-published" });
  await expect(from({ config })).rejects.toThrow(
    `${config} names the recipe "flip-published", and the run would follow "starter": say it by --recipe=flip-published`,
  );
  expect((await from({ config, recipe: "flip-published" })).config.steps).toBe(4001);
});

it("FLIP's batches hold six images a data set, unless their size is given", async () => {
  const flip = { recipe: "flip-published", method: "flip-mcl" } as const;
  const sizeOf = async (flags: Partial<FitFlags>) => (await from({ ...flip, ...flags })).config.batchSize;
  expect(await sizeOf({})).toBe(6);
  expect(await sizeOf({ datasets: "msu,casia,oulu" })).toBe(18);
  expect(await sizeOf({ config: changes({ datasets: ["msu", "casia"] }) })).toBe(12);
  expect(await sizeOf({ datasets: "msu,casia,oulu", batchSize: 8 })).toBe(8);
  expect(await sizeOf({ datasets: "msu,casia,oulu", config: changes({ batchSize: 10 }) })).toBe(10);
  const { config } = await from({ ...flip, datasets: "msu,casia,oulu" });
  expect(config.datasets).toEqual(["msu", "casia", "oulu"]);
});

it("a run that goes on keeps its configuration, and refuses what is given otherwise", async () => {
  const own = { ...recipes["flip-published"]("flip-v", "own.arrow", ["A", "B"]), seed: 3, steps: 50 };
  const out = join(folder, "run");
  mkdirSync(join(out, "checkpoints"), { recursive: true });
  writeRunConfig(out, own);
  writeFileSync(checkpointFile(out, 10), "");
  expect(await configFromFlags({ out, resume: true }, unasked)).toEqual({ config: own, folder: out });

  // As a job of the benchmark asks for what it began.
  const config = changes({ recipe: own.recipe, steps: 50, flip: own.flip });
  const same = { method: "flip-v", seed: 3, manifest: "own.arrow", datasets: "A,B", config } as const;
  expect((await from({ out, resume: true, ...same })).config).toEqual(own);

  const given = await from({ out, resume: true, recipe: "starter", method: "ifas", seed: 0, steps: 99 });
  const refused = readStart(given.config, { folder: out, resume: true }, () => {});
  for (const line of [
    `${out} goes on by its own config.json only`,
    'recipe: the run has "flip-published", got "starter"',
    'method: the run has "flip-v", got "ifas"',
    "seed: the run has 3, got 0",
    "steps: the run has 50, got 99",
  ]) {
    await expect(refused).rejects.toThrow(line);
  }
});

it("a run that goes on without --out is found by the names that are given", async () => {
  const { folder: run } = await from({ resume: true, method: "vit-binary", seed: 4_000_000_000 });
  expect(run).toBe(resolve("runs/starter-vit-binary-4000000000"));
  await expect(
    readStart(recipes.starter("ifas", ""), { folder: run, resume: true }, () => {}),
  ).rejects.toThrow("has no checkpoint to resume from; start without --resume");
});
