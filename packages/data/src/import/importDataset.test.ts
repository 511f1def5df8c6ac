/** @file Imports of roots that are wrong, broken, hostile or half done. */
import { mkdir, mkdtemp, readFile, readdir, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeFixture } from "../loaders/fixtures/writeFixture.ts";
import { loaderNamed } from "../loaders/loaders.ts";
import { readManifest } from "../manifest/readManifest.ts";
import { importDataset } from "./importDataset.ts";
import type { ImportResult } from "./importDataset.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "candor-import-"));
});
afterEach(() => rm(folder, { recursive: true }));

const run = (
  root: string,
  options: { loader?: string; out?: string; strict?: boolean; live?: string } = {},
): Promise<ImportResult> =>
  importDataset({
    loader: loaderNamed(options.loader ?? "folders"),
    root,
    out: options.out ?? join(folder, "m.arrow"),
    sampling: { kind: "flip" },
    ...(options.strict && { strict: true }),
    ...(options.live !== undefined && { live: options.live }),
  });
const problems = ({ report }: ImportResult): Record<string, string[]> =>
  Object.fromEntries([...report.problems].map(([kind, { examples }]) => [kind, examples]));
const image = (red: number, width = 20): Promise<Buffer> =>
  sharp({ create: { width, height: 30, channels: 3, background: { r: red, g: 9, b: 9 } } })
    .jpeg()
    .toBuffer();

test("no root, a file as root and an empty root are named", async () => {
  await expect(run(join(folder, "none"))).rejects.toThrow(/none: there is no such folder/);
  await writeFile(join(folder, "set.zip"), "PK");
  await expect(run(join(folder, "set.zip"))).rejects.toThrow(/set\.zip is a file; give the folder/);
  await mkdir(join(folder, "empty", "below"), { recursive: true });
  await expect(run(join(folder, "empty"))).rejects.toThrow(/empty holds no files/);
});

test("a root of another data set names the expected layout and what was found", async () => {
  await mkdir(join(folder, "root"));
  await writeFile(join(folder, "root", "a.jpg"), await image(1));
  const failure = await run(join(folder, "root"), { loader: "oulu-npu" }).catch(
    (error: Error) => error.message,
  );
  expect(failure).toContain("can be read as OULU-NPU");
  expect(failure).toContain("{Train,Dev,Test}_files/<phone>_<session>_<user>_<file>.avi");
  expect(failure).toContain("    a.jpg");
  expect(await readdir(folder)).not.toContain("m.arrow");
});

test("links that loop, break or leave the root and names that are no UTF-8 are reported; links inside are read", async () => {
  const root = join(folder, "root");
  await mkdir(join(root, "live", "p"), { recursive: true });
  await writeFile(join(folder, "outside.jpg"), await image(1));
  await writeFile(join(root, "live", "p", "1.jpg"), await image(2));
  await symlink(join(folder, "outside.jpg"), join(root, "live", "p", "2.jpg"));
  await symlink("..", join(root, "live", "p", "up"));
  await symlink("loop", join(root, "live", "loop"));
  await mkdir(join(root, "print", "p"), { recursive: true });
  await symlink(join(root, "live", "p", "1.jpg"), join(root, "print", "p", "same.jpg"));
  await writeFile(
    Buffer.concat([Buffer.from(`${root}/live/p/`), Buffer.from([0x66, 0xfc, 0x2e, 0x6a, 0x70, 0x67])]),
    "x",
  );
  const result = await run(root, { out: join(root, "m.arrow") });
  expect(result.rows.map((row) => row.path)).toEqual(["live/p/1.jpg", "print/p/same.jpg"]);
  const found = problems(result);
  expect(found.link?.toSorted()).toEqual([
    "live/loop: loops",
    expect.stringMatching(/^live\/p\/2\.jpg: leads out of the root/),
    expect.stringMatching(/^live\/p\/up: leads to the folder live/),
  ]);
  expect(found.badName).toHaveLength(1);
  // The same bytes under two labels.
  expect(found.conflict).toEqual(["print/p/same.jpg = live/p/1.jpg, label live and spoof"]);
});

test("cut, empty, foreign and over-large images are reported and the others imported", async () => {
  const root = join(folder, "root");
  await mkdir(join(root, "live", "p"), { recursive: true });
  const at = (name: string): string => join(root, "live", "p", name);
  const noise = sharp(
    Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251),
    {
      raw: { width: 64, height: 64, channels: 3 },
    },
  );
  const whole = await noise.jpeg().toBuffer();
  await writeFile(at("cut.jpg"), whole.subarray(0, whole.length * 0.7));
  await writeFile(at("empty.jpg"), "");
  await writeFile(at("text.png"), "hello");
  const huge = await noise.png().toBuffer();
  huge.writeUInt32BE(50_000, 16);
  huge.writeUInt32BE(50_000, 20);
  await writeFile(at("huge.png"), huge);
  await writeFile(at("good.jpg"), whole);
  const turned = await noise.clone().resize(40, 64).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  await writeFile(at("turned.jpg"), turned);
  const result = await run(root);
  expect(result.rows.map(({ path, width, height }) => [path, width, height])).toEqual([
    ["root/live/p/good.jpg", 64, 64],
    ["root/live/p/turned.jpg", 64, 40],
  ]);
  expect(problems(result).unreadable).toHaveLength(4);
});

test("--strict writes nothing where there is a problem, and writes where there is none", async () => {
  const root = join(folder, "root");
  await mkdir(join(root, "live", "p"), { recursive: true });
  await writeFile(join(root, "live", "p", "1.jpg"), await image(1));
  expect((await run(root, { strict: true })).written).toBe(true);
  await writeFile(join(root, "other.jpg"), await image(2));
  const out = join(folder, "strict.arrow");
  expect((await run(root, { strict: true, out })).written).toBe(false);
  expect(await readdir(folder)).not.toContain("strict.arrow");
});

test("a root elsewhere is reached by a link beside the manifest; something else of that name is an error", async () => {
  const root = join(folder, "far", "set");
  await mkdir(join(root, "live", "p"), { recursive: true });
  await writeFile(join(root, "live", "p", "1.jpg"), await image(1));
  const out = join(folder, "near", "m.arrow");
  expect((await run(root, { out })).rows[0]?.path).toBe("m.root/live/p/1.jpg");
  expect(await readlink(join(folder, "near", "m.root"))).toBe(root);
  expect((await run(root, { out })).written).toBe(true);
  await mkdir(join(folder, "near", "n.root"));
  await expect(run(root, { out: join(folder, "near", "n.arrow") })).rejects.toThrow(
    /cannot make the link .*n\.root/,
  );
});

test("frames that an interrupted import has written are kept, and unfinished ones are written again", async () => {
  const root = join(folder, "root");
  await writeFixture({ files: [{ path: "session01/Data/01_01_01.hdf5", content: { hdf5: "array" } }] }, root);
  const first = await run(root, { loader: "3dmad" });
  expect(first.rows.map((row) => row.frame)).toEqual([6, 13]);
  const [kept, lost] = first.rows.map((row) => join(folder, row.path)) as [string, string];
  const time = (await stat(kept)).mtimeMs;
  await rm(lost);
  await writeFile(`${lost}.tmp`, "half");
  const second = await run(root, { loader: "3dmad" });
  expect(second.rows).toEqual(first.rows);
  expect((await stat(kept)).mtimeMs).toBe(time);
});

test("numbers as labels are refused until --live says which means live", async () => {
  const root = join(folder, "root");
  await mkdir(root);
  await writeFile(join(root, "a.jpg"), await image(1));
  await writeFile(join(root, "b.jpg"), await image(99));
  await writeFile(join(root, "list.csv"), "path,label,attack\na.jpg,0,\nb.jpg,1,print\n");
  await expect(run(root, { loader: "csv" })).rejects.toThrow(/say with --live which value means live/);
  const { rows } = await run(root, { loader: "csv", live: "0" });
  expect(rows.map(({ path, label, attack, dataset }) => [path, label, attack, dataset])).toEqual([
    ["root/a.jpg", "live", "none", "list"],
    ["root/b.jpg", "spoof", "print", "list"],
  ]);
  const { metadata } = await readManifest(join(folder, "m.arrow"));
  expect(metadata).toMatchObject({ source: "data:import --dataset=csv", problems: "0" });
  expect((await readFile(join(folder, "m.arrow"))).length).toBeGreaterThan(1000);
});
