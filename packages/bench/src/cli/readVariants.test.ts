/** @file Variants of a command line: their recipes, and what no configuration of a job may set. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readCommonConfig, readVariants } from "./readVariants.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "candor-variants-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: object): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, JSON.stringify(content));
  return path;
}

test("every job follows the common recipe, but a variant that names its own", async () => {
  const variants = await file("variants.json", {
    "ifas-plain": { method: "ifas", config: { loss: "plain" } },
    flip: { method: "flip-mcl", recipe: "flip-published" },
  });
  const config = await file("config.json", { steps: 9 });
  expect(readVariants(["ifas"], variants, config, "clip-b16-smollm-135m")).toMatchObject([
    { name: "ifas", recipe: "clip-b16-smollm-135m", config: { steps: 9 } },
    { name: "ifas-plain", recipe: "clip-b16-smollm-135m", config: { steps: 9, loss: "plain" } },
    { name: "flip", method: "flip-mcl", recipe: "flip-published", config: { steps: 9 } },
  ]);
  const unknown = await file("unknown.json", { a: { method: "ifas", recipe: "none" } });
  expect(() => readVariants([], unknown, undefined)).toThrow(/unknown\.json must be .*\n?.*recipe/s);
});

test.each([
  ["recipe", "flip-published", "--recipe"],
  ["method", "vit-binary", "--methods or --variants"],
  ["seed", 4, "--seeds"],
  ["manifest", "m.arrow", "--manifest"],
  ["datasets", ["D2"], "--protocol"],
  ["shards", "crops", "--shards"],
])(
  "refuses %s in a configuration, which would only be a label or not be heard",
  async (field, value, flag) => {
    const config = await file("named.json", { [field]: value });
    expect(() => readCommonConfig(config)).toThrow(
      `named.json sets "${field}" to ${JSON.stringify(value)}, which no configuration of a job may; say it by ${flag}`,
    );
    const variants = await file("own.json", { a: { method: "ifas", config: { [field]: value } } });
    expect(() => readVariants([], variants, undefined)).toThrow(`the config of "a" sets "${field}"`);
  },
);
