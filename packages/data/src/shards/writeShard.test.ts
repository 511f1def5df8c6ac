/** @file A shard is on disk whole, or not at all. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { shardName, writeWhole } from "./writeShard.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "candor-shard-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("bytes replace what was there, and no temporary name stays", async () => {
  const file = join(folder, shardName(7));
  await writeFile(file, "old");
  await writeWhole(file, new Uint8Array([1, 2, 3]));
  expect([...(await readFile(file))]).toEqual([1, 2, 3]);
  expect(await readdir(folder)).toEqual(["shard-00007.arrow"]);
});

// Every write to this device fails as on a full disk.
test.skipIf(!existsSync("/dev/full"))("a full disk is named, and leaves what was there", async () => {
  const file = join(folder, "full.arrow");
  await writeFile(file, "old");
  await symlink("/dev/full", `${file}.${process.pid}.tmp`);
  await expect(writeWhole(file, new Uint8Array(4096))).rejects.toThrow(
    /cannot write .*full\.arrow: the disk is full; free some space and run again: finished shards are kept/,
  );
  expect(await readFile(file, "utf8")).toBe("old");
  expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});
