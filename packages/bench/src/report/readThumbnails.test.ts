/** @file Sample images: files as they are, and crops as the model saw them. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readManifest } from "@candor/data";
import { FixedSizeBinary, Schema, Table, tableToIPC, Utf8, vectorFromArray } from "apache-arrow";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeTinyDomains } from "../protocols/fixtures/tinyDomains.ts";
import { encodePng } from "./charts/encodePng.ts";
import { readThumbnails } from "./readThumbnails.ts";
import type { SampleVerdict } from "./report.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "candor-thumbnails-"));
});
afterAll(() => rm(folder, { recursive: true }));

const sample = (id: string): SampleVerdict => ({
  run: "ifas",
  id,
  dataset: "D2",
  label: "live",
  attack: "none",
  score: 0.9,
  threshold: 0.5,
  sentence: null,
  attention: null,
});

/** A shard of crops of 2 x 2 pixels. */
async function writeCrops(crops: Readonly<Record<string, Uint8Array>>): Promise<string> {
  const columns = new Table({
    id: vectorFromArray(Object.keys(crops), new Utf8()),
    pixels: vectorFromArray(Object.values(crops), new FixedSizeBinary(12)),
  });
  const schema = new Schema(columns.schema.fields, new Map([["size", "2"]]));
  await writeFile(join(folder, "shard-00000.arrow"), tableToIPC(new Table(schema, columns.batches), "file"));
  return folder;
}

test("are the files of the manifest, or the crops that were scored", async () => {
  const { rows } = await readManifest(await writeTinyDomains(folder));
  const samples = ["D2-test-0", "D2-test-1"].map(sample);
  const files = await readThumbnails(samples, { rows, root: folder });
  expect([...files.keys()]).toEqual(["D2-test-0", "D2-test-1"]);
  const crop = Uint8Array.from({ length: 12 }, (_, i) => 20 * i);
  const shards = await writeCrops({ other: crop.toReversed(), "D2-test-1": crop });
  expect(await readThumbnails(samples, { rows, root: folder, shards })).toEqual(
    new Map([["D2-test-1", encodePng(crop, 2, 2)]]),
  );
});
