/** @file Reads shards back: pixels are views of the file's own bytes and never copied; what does not fit into memory is read a crop at a time. */
import { closeSync, openSync, readSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { DataType, tableFromIPC } from "apache-arrow";
import type { Table } from "apache-arrow";
import type { ImageSet } from "../images/imageSet.ts";
import { sharedColumns } from "./shardTable.ts";
import type { ShardRow } from "./shardTable.ts";

/** Crops by index, and what is known of each. */
export interface CropSet extends ImageSet {
  readonly rows: readonly ShardRow[];
  /** How the crops were made, from the shards' metadata. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What reading may be told. */
export interface ReadShardsOptions {
  /** Which rows are wanted; by default all. */
  readonly keep?: (row: ShardRow) => boolean;
  /** Bytes of pixels that may stay in memory; the shards beyond it are read a crop at a time. By default 4 GiB. */
  readonly memory?: number;
}

/**
 * Opens every shard of a folder.
 *
 * @param folder where `data:crop` has written
 * @throws Error if there is no shard, or one is damaged or of another size
 */
export async function readShards(folder: string, options: ReadShardsOptions = {}): Promise<CropSet> {
  const { keep = () => true, memory = 4 * 2 ** 30 } = options;
  const names = (await readdir(folder).catch(() => []))
    .filter((name) => /^shard-\d+\.arrow$/.test(name))
    .toSorted();
  if (names.length === 0)
    throw new Error(`[shards] no shards in ${folder}; make them with "npx nx run data:crop"`);
  const rows: ShardRow[] = [];
  const crops: (() => Uint8Array)[] = [];
  let metadata: Record<string, string> = {};
  let size = 0;
  let held = 0;
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
    const length = size * size * 3;
    const bytes = (table.getChild("pixels")?.data[0]?.values ?? new Uint8Array()) as Uint8Array;
    const inMemory = held + bytes.byteLength <= memory;
    if (inMemory) held += bytes.byteLength;
    // Arrow's buffers are views of the whole file, so their offsets are those of the file.
    const { byteOffset } = bytes;
    for (const [index, row] of shardRows(table).entries()) {
      if (!keep(row)) continue;
      rows.push(row);
      const start = index * length;
      crops.push(inMemory ? cropIn(bytes, start, length) : cropOnDisk(file, byteOffset + start, length));
    }
  }
  delete metadata.summary;
  return {
    rows,
    count: rows.length,
    size,
    metadata,
    pixels: (index) => {
      const crop = crops[index];
      if (!crop) throw new RangeError(`[shards] there is no crop ${index}; there are ${crops.length}`);
      return crop();
    },
  };
}

// Made outside of the loop: a closure there would keep the bytes of every shard alive, whether it reads them or not.
function cropIn(bytes: Uint8Array, start: number, length: number): () => Uint8Array {
  return () => bytes.subarray(start, start + length);
}

function cropOnDisk(file: string, position: number, length: number): () => Uint8Array {
  return () => readCrop(file, position, length);
}

function readCrop(file: string, position: number, length: number): Uint8Array {
  const pixels = new Uint8Array(length);
  const handle = openSync(file, "r");
  try {
    const read = readSync(handle, pixels, 0, length, position);
    if (read !== length) throw new Error(`[shards] ${file} has been cut off since it was opened`);
  } finally {
    closeSync(handle);
  }
  return pixels;
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
