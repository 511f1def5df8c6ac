/** @file Which of several rendered data sets is found. */
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { starterManifest } from "./starterManifest.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "candor-starter-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function place(name: string, seconds: number): Promise<string> {
  const file = join(folder, name, "manifest.arrow");
  await mkdir(join(folder, name));
  await writeFile(file, "");
  await utimes(file, seconds, seconds);
  return file;
}

test("the newest whole starter data set is found, never an unfinished or foreign one", async () => {
  await expect(starterManifest(folder)).rejects.toThrow(/no starter data under .*data:render.*--manifest/);
  await mkdir(join(folder, "starter-00"));
  await place("starter-0a1b.partial", 900);
  await place("starters", 900);
  await expect(starterManifest(folder)).rejects.toThrow("no starter data");
  const old = await place("starter", 100);
  expect(await starterManifest(folder)).toBe(old);
  const young = await place("starter-0a1b", 200);
  expect(await starterManifest(folder)).toBe(young);
  await expect(starterManifest(join(folder, "nowhere"))).rejects.toThrow("no starter data");
});
