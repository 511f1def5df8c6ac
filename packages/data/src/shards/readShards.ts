/** @file Reads shards back: pixels are views of the file's own bytes and never copied. */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { DataType, tableFromIPC } from "apache-arrow";
import type { Table } from "apache-arrow";
import { sharedColumns } from "./shardTable.ts";
import type { ShardRow } from "./shardTable.ts";

/** Crops in memory. */
export interface CropSet {
  rows: ShardRow[];
  /** Edge of a crop in pixels. */
  size: number;
  /** How the crops were made, from the shards' metadata. */
  metadata: Record<string, string>;
  /** The crop of a row: a view [size, size, 3] of the shard's bytes. */
  pixels: (index: number) => Uint8Array;
}

/**
 * Opens every shard of a folder.
 * @param folder where `data:crop` has written
 * @param keep which rows are wanted; by default all
 * @throws Error if there is no shard, or one is damaged or of another size
 */
export async function readShards(
  folder: string,
  keep: (row: ShardRow) => boolean = () => true,
): Promise<CropSet> {
  const names = (await readdir(folder).catch(() => []))
    .filter((name) => /^shard-\d+\.arrow$/.test(name))
    .toSorted();
  if (names.length === 0)
    throw new Error(`[shards] no shards in ${folder}; make them with "npx nx run data:crop"`);
  const rows: ShardRow[] = [];
  const views: Uint8Array[] = [];
  let metadata: Record<string, string> = {};
  let size = 0;
  for (const name of names) {
    const file = join(folder, name);
    const table = await openShard(file);
    const own = Object.fromEntries(table.schema.metadata);
    const ownSize = Number(own.size);
    if (size !== 0 && (ownSize !== size || own.stamp !== metadata.stamp)) {
      throw new Error(
        `[shards] ${file} is not of the same run as the shards before it; crop into an empty folder`,
      );
    }
    if (size === 0) [size, metadata] = [ownSize, own];
    const bytes = table.getChild("pixels")?.data[0]?.values as Uint8Array | undefined;
    const length = size * size * 3;
    for (const [index, row] of shardRows(table).entries()) {
      if (!keep(row)) continue;
      rows.push(row);
      views.push((bytes as Uint8Array).subarray(index * length, (index + 1) * length));
    }
  }
  delete metadata.summary;
  return {
    rows,
    size,
    metadata,
    pixels: (index) => {
      const view = views[index];
      if (!view) throw new RangeError(`[shards] there is no crop ${index}; there are ${views.length}`);
      return view;
    },
  };
}

/**
 * Puts crops side by side, the only copy on the way from disk to the device.
 * @param set the crops
 * @param indices which rows
 * @param target where to; made if it is not given
 * @returns Uint8Array [B, size, size, 3]
 */
export function gatherCrops(
  set: CropSet,
  indices: ArrayLike<number>,
  target = new Uint8Array(indices.length * set.size * set.size * 3),
): Uint8Array {
  const length = set.size * set.size * 3;
  if (target.length !== indices.length * length) {
    throw new RangeError(
      `[shards] a batch of ${indices.length} crops needs ${indices.length * length} bytes, got ${target.length}`,
    );
  }
  for (let i = 0; i < indices.length; i++) target.set(set.pixels(indices[i] as number), i * length);
  return target;
}

async function openShard(file: string): Promise<Table> {
  const bytes = await readFile(file);
  try {
    const table = tableFromIPC(bytes);
    const type = table.getChild("pixels")?.type;
    const length = Number(table.schema.metadata.get("size")) ** 2 * 3;
    if (DataType.isFixedSizeBinary(type) && type.byteWidth === length && table.batches.length <= 1)
      return table;
  } catch (error) {
    throw new Error(`[shards] ${file} is damaged or cut off; delete it and crop again`, { cause: error });
  }
  throw new Error(`[shards] ${file} is no shard of crops; delete it and crop again`);
}

function shardRows(table: Table): ShardRow[] {
  const names = [...sharedColumns, "frame", "source", "score"];
  const columns = names.map((name) => table.getChild(name));
  return Array.from(
    { length: table.numRows },
    (_, i) => Object.fromEntries(names.map((name, at) => [name, columns[at]?.get(i)])) as unknown as ShardRow,
  );
}
