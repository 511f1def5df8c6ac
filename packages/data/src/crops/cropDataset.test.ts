/** @file Cropping a manifest: what each crop is cut by, what fails, and how interrupted work goes on. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openImages } from "../images/openImages.ts";
import type { ManifestRow } from "../manifest/manifest.ts";
import { readManifest } from "../manifest/readManifest.ts";
import { writeManifest } from "../manifest/writeManifest.ts";
import { defaultAugmentation } from "../sampling/augmentBatch.ts";
import { readEpoch } from "../shards/readEpoch.ts";
import { gatherCrops, readShards } from "../shards/readShards.ts";
import { cropDataset } from "./cropDataset.ts";
import type { CropDatasetOptions } from "./cropDataset.ts";

let folder: string;
let manifest: string;
const size = 32;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "candor-crops-"));
  manifest = join(folder, "m.arrow");
  const face = await readFile(new URL("./fixtures/renderedFace.jpg", import.meta.url));
  const wall = await sharp({ create: { width: 60, height: 40, channels: 3, background: "#304050" } })
    .png()
    .toBuffer();
  const rows: ManifestRow[] = [];
  const add = async (name: string, bytes: Buffer, change: Partial<ManifestRow> = {}): Promise<void> => {
    await writeFile(join(folder, name), bytes);
    const { width, height } = await sharp(bytes).metadata();
    rows.push({
      id: name,
      dataset: "D1",
      split: "train",
      subject: name,
      video: name,
      frame: 0,
      path: name,
      label: rows.length % 2 === 0 ? "live" : "spoof",
      attack: rows.length % 2 === 0 ? "none" : "print",
      attackCode: "x",
      box: [0, 0, width, height],
      width,
      height,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      captionGeneral: "",
      captionSpoof: "",
      scene: "{}",
      ...change,
    });
  };
  await add("face ü.jpg", face);
  await add("mirrored.png", await sharp(face).flop().png().toBuffer());
  await add("boxed.png", wall, { box: [10, 10, 20, 20] });
  await add("gone.png", wall);
  await add("changed.png", wall, { sha256: "0".repeat(64) });
  await rm(join(folder, "gone.png"));
  await writeManifest(manifest, rows);
});
afterAll(() => rm(folder, { recursive: true }));

const options = (out: string, change: Partial<CropDatasetOptions> = {}): CropDatasetOptions => ({
  manifest,
  out: join(folder, out),
  size,
  margin: 0.25,
  align: true,
  by: "detector",
  shardRows: 2,
  jobs: 1,
  ...change,
});

test("rows become crops by detector, by box, or are reported; shards read back without copies", async () => {
  const result = await cropDataset(options("whole"));
  expect(result.sources).toEqual({ front: 2, back: 0, box: 1, whole: 0 });
  expect(result.failures.count).toBe(2);
  expect(result.failures.examples).toEqual([
    expect.stringMatching(/^gone\.png: cannot read .*there is no such file/),
    expect.stringMatching(/^changed\.png: .*sha256 differs/),
  ]);
  const set = await readShards(join(folder, "whole"));
  expect(set.rows.map(({ id, source, label }) => [id, source, label])).toEqual([
    ["face ü.jpg", "front", "live"],
    ["mirrored.png", "front", "spoof"],
    ["boxed.png", "box", "live"],
  ]);
  expect(set.size).toBe(size);
  expect(set.pixels(0).buffer).toBe(set.pixels(1).buffer);
  expect(set.pixels(1).byteOffset - set.pixels(0).byteOffset).toBe(size * size * 3);
  // The wall is one colour, whatever part of it is cut.
  expect([...set.pixels(2).subarray(0, 3)]).toEqual([0x30, 0x40, 0x50]);
  const batch = gatherCrops(set, [2, 0]);
  expect(batch.subarray(size * size * 3)).toEqual(new Uint8Array(set.pixels(0)));
  expect(() => gatherCrops(set, [9])).toThrow("there is no crop 9; there are 3");
  // A mirrored face gives the mirrored crop, but for the detector's own error.
  let difference = 0;
  const [a, b] = [set.pixels(0), set.pixels(1)];
  for (let i = 0; i < a.length; i++) {
    const [row, column, channel] = [Math.floor(i / (size * 3)), Math.floor(i / 3) % size, i % 3];
    difference +=
      Math.abs((a[i] as number) - (b[(row * size + size - 1 - column) * 3 + channel] as number)) / a.length;
  }
  expect(difference).toBeLessThan(20);
  const live = await readShards(join(folder, "whole"), { keep: (row) => row.label === "live" });
  expect(live.rows.length).toBe(2);
  // Without memory for pixels, each crop is read from its file.
  const streamed = await readShards(join(folder, "whole"), { memory: 0 });
  for (let i = 0; i < set.count; i++) expect(streamed.pixels(i)).toEqual(new Uint8Array(set.pixels(i)));
  await truncate(join(folder, "whole", "shard-00000.arrow"), 3000);
  expect(() => streamed.pixels(1)).toThrow("has been cut off since it was opened");
});

test("rows find their crops by id, whatever the order", async () => {
  await cropDataset(options("opened", { by: "box" }));
  const { rows } = await readManifest(manifest);
  const set = await readShards(join(folder, "opened"));
  const origin = { root: folder, size, shards: join(folder, "opened") };
  const opened = await openImages(rows.toReversed(), origin);
  expect(opened.missing).toBe(2);
  expect(opened.rows.map(({ id }) => id)).toEqual(set.rows.map(({ id }) => id).toReversed());
  for (let i = 0; i < 3; i++) expect(opened.images.pixels(i)).toEqual(set.pixels(2 - i));
  await expect(openImages(rows, { ...origin, size: 64 })).rejects.toThrow(
    /holds crops of 32 pixels and 64 are needed; crop again with --size=64/,
  );
  await expect(
    openImages(
      rows.map((row) => ({ ...row, id: `x${row.id}` })),
      origin,
    ),
  ).rejects.toThrow(/has none of the 5 rows, such as "x/);
});

test("an epoch over shards gives every sample, the same from memory and from disk", async () => {
  await cropDataset(options("epoch", { by: "box" }));
  const read = (memory: number) =>
    readEpoch({
      shards: join(folder, "epoch"),
      split: "train",
      batchSize: 4,
      seed: 1,
      augmentation: defaultAugmentation,
      memory,
    });
  const whole = await read(1e9);
  expect(whole).toMatchObject({ samples: 4, size });
  expect((await read(0)).mean).toBe(whole.mean);
  expect(whole.mean).not.toBe(0);
  await expect(
    readEpoch({
      shards: join(folder, "epoch"),
      split: "dev",
      batchSize: 4,
      seed: 1,
      augmentation: defaultAugmentation,
    }),
  ).rejects.toThrow("there are no rows");
});

test("finished shards are kept, missing and damaged ones are made again with the same bytes", async () => {
  const out = join(folder, "resumed");
  await cropDataset(options("resumed", { by: "box" }));
  const before = await Promise.all((await readdir(out)).map((name) => readFile(join(out, name))));
  await rm(join(out, "shard-00001.arrow"));
  await truncate(join(out, "shard-00002.arrow"), 100);
  await writeFile(join(out, "shard-00001.arrow.77.tmp"), "half");
  const seen: number[] = [];
  const again = await cropDataset(options("resumed", { by: "box", onProgress: (done) => seen.push(done) }));
  expect(again).toMatchObject({ shards: 3, kept: 1, crops: 3, made: 1 });
  expect(seen).toEqual([2, 3, 4, 5]);
  expect((await readdir(out)).toSorted()).toEqual([
    "shard-00000.arrow",
    "shard-00001.arrow",
    "shard-00002.arrow",
  ]);
  expect(await Promise.all((await readdir(out)).map((name) => readFile(join(out, name))))).toEqual(before);
  await expect(cropDataset(options("resumed", { by: "box", margin: 0.5 }))).rejects.toThrow(
    /made from another manifest or with other settings \(size 32, margin 0\.25/,
  );
});

test("settings out of range and folders without whole shards are named", async () => {
  await expect(cropDataset(options("x", { size: 8 }))).rejects.toThrow(
    "size must be an integer from 16 to 1024 pixels, got 8",
  );
  await expect(cropDataset(options("x", { margin: -1 }))).rejects.toThrow(
    "margin must be from 0 to 2, got -1",
  );
  await expect(cropDataset(options("x", { shardRows: 20_000, size: 224 }))).rejects.toThrow("2 GiB or more");
  await expect(readShards(join(folder, "nowhere"))).rejects.toThrow(/no shards in .*data:crop/);
  await cropDataset(options("broken", { by: "box" }));
  await truncate(join(folder, "broken", "shard-00000.arrow"), 500);
  await expect(readShards(join(folder, "broken"))).rejects.toThrow(
    /shard-00000\.arrow is (damaged|no shard)/,
  );
});

test(
  "the command crops in several processes and gives the same shards as one",
  { timeout: 240_000 },
  async () => {
    const program = fileURLToPath(new URL("../../../../tools/bin/cropFaces.mjs", import.meta.url));
    const words = [
      "--manifest",
      manifest,
      "--out",
      join(folder, "command"),
      "--size",
      String(size),
      "--by",
      "box",
    ];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [
      program,
      ...words,
      "--shard-rows",
      "2",
      "--jobs",
      "2",
    ]);
    expect(stdout).toMatch(/3 crops in 3 shards, 0 of them there already; 3 made/);
    expect(stdout).toMatch(/by the manifest's box: 1 \(33\.3 %\); whole image: 2 \(66\.7 %\)/);
    expect(stderr).toMatch(/2 rows have no crop/);
    await cropDataset(options("alone", { by: "box" }));
    for (const name of await readdir(join(folder, "alone"))) {
      const [ours, theirs] = await Promise.all(
        ["alone", "command"].map((run) => readFile(join(folder, run, name))),
      );
      expect(theirs?.equals(ours as Buffer), name).toBe(true);
    }
  },
);
