/** @file Shards that do not fit into the memory they are given are let go of once they are opened. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { readShards } from "./readShards.ts";
import { encodeShard, type ShardRow } from "./shardTable.ts";
import { shardName, writeWhole } from "./writeShard.ts";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

async function heldBytes(): Promise<number> {
  gc();
  await setTimeout(20);
  gc();
  return process.memoryUsage().arrayBuffers;
}

function row(id: string): ShardRow {
  const shared = { dataset: "A", split: "train", subject: "s", video: "v", frame: 0 } as const;
  return { id, ...shared, label: "live", attack: "none", attackCode: "live", source: "whole", score: 1 };
}

test("crops that are read from disk keep no shard in memory", async () => {
  const [size, count, shards] = [128, 32, 4];
  const folder = await mkdtemp(join(tmpdir(), "candor-shards-"));
  try {
    const metadata = { size: String(size), stamp: "x" };
    for (let shard = 0; shard < shards; shard++) {
      const rows = Array.from({ length: count }, (_, i) => row(`${shard}-${i}`));
      const pixels = new Uint8Array(count * size * size * 3).fill(shard);
      await writeWhole(join(folder, shardName(shard)), encodeShard(rows, pixels, size, metadata));
    }
    const before = await heldBytes();
    const set = await readShards(folder, { memory: 0 });
    // One shard is 1.6 MB. A collection may leave the last one to the next.
    await expect.poll(async () => (await heldBytes()) - before, { timeout: 30_000 }).toBeLessThan(1e6);
    expect(set.pixels(3 * count)[0]).toBe(3);
  } finally {
    await rm(folder, { recursive: true });
  }
});
