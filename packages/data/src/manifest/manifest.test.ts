/** @file A manifest's way to disk and back, and what is said of broken ones. */
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tableFromArrays, tableFromIPC, tableToIPC } from "apache-arrow";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ManifestRow } from "./manifest.ts";
import { readManifest } from "./readManifest.ts";
import { writeManifest } from "./writeManifest.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "candor-manifest-"));
});
afterAll(() => rm(folder, { recursive: true }));

function row(index: number, change: Partial<ManifestRow> = {}): ManifestRow {
  const live = index % 2 === 0;
  return {
    id: `frame-${index}`,
    dataset: "D1",
    split: "train",
    subject: `s${index}`,
    video: `v${index}`,
    frame: 0,
    path: `images/${index}.png`,
    label: live ? "live" : "spoof",
    attack: live ? "none" : "print",
    attackCode: "A4",
    box: [1.5, 2, 30, 40.25],
    width: 64,
    height: 48,
    sha256: "0123456789abcdef".repeat(4),
    captionGeneral: "a woman in daylight",
    captionSpoof: "ein Foto – 写真 🖼",
    scene: '{"camera":"phone"}',
    ...change,
  };
}

test("rows, metadata and order survive the file", async () => {
  const file = join(folder, "whole.arrow");
  const rows = Array.from({ length: 25 }, (_, i) => row(i));
  await writeManifest(file, rows, { seed: "7", generator: "test" });
  const read = await readManifest(file);
  expect(read).toEqual({ rows, metadata: { seed: "7", generator: "test" }, warnings: [] });
  expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test("an empty manifest reads as no rows", async () => {
  const file = join(folder, "empty.arrow");
  await writeManifest(file, []);
  expect((await readManifest(file)).rows).toEqual([]);
});

test("another program's table with dictionary words reads the same", async () => {
  const ours = join(folder, "ours.arrow");
  await writeManifest(ours, [row(0), row(1)]);
  const table = tableFromIPC(await readFile(ours));
  const words = tableFromArrays({ label: ["live", "spoof"] });
  const file = join(folder, "foreign.arrow");
  await writeFile(
    file,
    tableToIPC(table.select(table.schema.names.filter((n) => n !== "label")).assign(words), "file"),
  );
  expect((await readManifest(file)).rows).toEqual([row(0), row(1)]);
});

test("a file cut anywhere is an error that names the file", async () => {
  const whole = join(folder, "tocut.arrow");
  await writeManifest(
    whole,
    Array.from({ length: 9 }, (_, i) => row(i)),
  );
  const bytes = await readFile(whole);
  const file = join(folder, "cut.arrow");
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: bytes.length - 1 }), async (length) => {
      await writeFile(file, bytes.subarray(0, length));
      await expect(readManifest(file)).rejects.toThrow(
        /^\[manifest\] .*cut\.arrow is (cut off|no Arrow|damaged)/,
      );
    }),
    { numRuns: 60 },
  );
});

test("damage inside the file is an error and not a wrong row count", async () => {
  const whole = join(folder, "tobreak.arrow");
  await writeManifest(whole, [row(0), row(1)]);
  const bytes = await readFile(whole);
  bytes.fill(0xff, bytes.length - 200, bytes.length - 10);
  const file = join(folder, "damaged.arrow");
  await writeFile(file, bytes);
  await expect(readManifest(file)).rejects.toThrow(/\[manifest\] .*damaged\.arrow/);
});

test("missing and foreign files are named", async () => {
  await expect(readManifest(join(folder, "nowhere.arrow"))).rejects.toThrow(/nowhere\.arrow: no such file/);
  const file = join(folder, "text.arrow");
  await writeFile(file, "id,label\n1,live\n");
  await expect(readManifest(file)).rejects.toThrow(/no Arrow IPC file \(it starts with "id,lab"\)/);
});

test("missing columns and wrong column types are named", async () => {
  const whole = join(folder, "columns.arrow");
  await writeManifest(whole, [row(0)]);
  const table = tableFromIPC(await readFile(whole));
  const file = join(folder, "nocolumn.arrow");
  await writeFile(file, tableToIPC(table.select(table.schema.names.filter((n) => n !== "subject")), "file"));
  await expect(readManifest(file)).rejects.toThrow("lacks the column subject; it has id, dataset");
  await writeFile(file, tableToIPC(table.assign(tableFromArrays({ frame: Float64Array.of(1) })), "file"));
  await expect(readManifest(file)).rejects.toThrow("column frame must be Int32, got Float64");
});

const broken: [string, Partial<ManifestRow>, string][] = [
  ["an unknown label", { label: "real" as "live" }, 'has label "real"; allowed are live, spoof'],
  [
    "an unknown attack",
    { label: "spoof", attack: "paper" as "print" },
    'has attack "paper"; allowed are none',
  ],
  ["an unknown split", { split: "val" as "dev" }, 'has split "val"; allowed are train, dev, test'],
  ["a repeated id", { id: "frame-1" }, 'row 1 (id "frame-1") repeats the id of row 0'],
  ["a live attack", { label: "live", attack: "print" }, 'label "live" with attack "print"'],
  ["a path outside", { path: "../x.png" }, 'path "../x.png"; it must stay inside'],
  ["no subject", { subject: "" }, "has an empty subject"],
  ["no width", { width: 0 }, "has width 0; it must be an integer of at least 1"],
  ["a broken box", { box: [0, 0, Number.NaN, 1] }, "has box [0, 0, NaN, 1]"],
  ["a short hash", { sha256: "abc" }, 'has sha256 "abc"; it must be 64'],
];
test.each(broken)("%s is refused and leaves no file", async (_, change, message) => {
  const file = join(folder, "refused.arrow");
  await expect(writeManifest(file, [row(1), row(2, change)])).rejects.toThrow(message);
  expect(await readdir(folder)).not.toContain("refused.arrow");
});

test("a subject in two splits of one data set is reported, in two data sets it is not", async () => {
  const file = join(folder, "leak.arrow");
  await writeManifest(file, [
    row(0, { subject: "ann" }),
    row(1, { subject: "ann", split: "test" }),
    row(2, { subject: "bob" }),
    row(3, { subject: "bob", split: "test", dataset: "D2" }),
  ]);
  expect((await readManifest(file)).warnings).toEqual([
    "D1: 1 subject stands in more than one split: ann (train, test)",
  ]);
});
