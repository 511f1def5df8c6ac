/** @file Crops every row of a manifest into shards; interrupted work goes on where it stopped. */
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { tableFromIPC } from "apache-arrow";
import type { ManifestRow } from "../manifest/manifest.ts";
import { readManifest } from "../manifest/readManifest.ts";
import { encodeShard, sharedColumns } from "../shards/shardTable.ts";
import type { ShardRow } from "../shards/shardTable.ts";
import { shardName, writeWhole } from "../shards/writeShard.ts";
import { cropSources } from "./cropFace.ts";
import type { Crop, CropOptions, CropSource } from "./cropFace.ts";
import { openCropPool } from "./cropPool.ts";

/** What to crop. */
export interface CropDatasetOptions extends CropOptions {
  manifest: string;
  /** Folder of the shards. */
  out: string;
  /** Crops a shard. */
  shardRows: number;
  /** Processes; by default one a core. */
  jobs?: number;
  onProgress?: (done: number, total: number) => void;
}

/** What came of it. */
export interface CropDatasetResult {
  shards: number;
  /** Shards that were there already. */
  kept: number;
  crops: number;
  /** Crops that this run made. */
  made: number;
  /** How many crops were cut by what. */
  sources: Record<CropSource, number>;
  /** Rows without a crop: how many, and the first of them with the reason. */
  failures: { count: number; examples: string[] };
}

/**
 * Crops a manifest.
 * @param options what, how and where to
 * @throws Error if the folder holds shards of another manifest or of other settings, or cannot be written
 */
export async function cropDataset(options: CropDatasetOptions): Promise<CropDatasetResult> {
  const { size, margin, align, by, out, shardRows } = options;
  checkSettings(options);
  const { rows } = await readManifest(options.manifest);
  if (rows.length === 0) throw new Error(`[crops] ${options.manifest} has no rows`);
  const settings = { size, margin, align, by };
  const key = createHash("sha256").update(await readFile(options.manifest));
  const stamp = key.update(JSON.stringify({ ...settings, shardRows })).digest("hex");
  await mkdir(out, { recursive: true });
  await removeUnfinished(out);
  const result: CropDatasetResult = {
    shards: Math.ceil(rows.length / shardRows),
    kept: 0,
    crops: 0,
    made: 0,
    sources: { front: 0, back: 0, box: 0, whole: 0 },
    failures: { count: 0, examples: [] },
  };
  const folder = dirname(options.manifest);
  const pool = openCropPool(folder, settings, options.jobs);
  let done = 0;
  try {
    for (let shard = 0; shard < result.shards; shard++) {
      const part = rows.slice(shard * shardRows, (shard + 1) * shardRows);
      const file = join(out, shardName(shard));
      const before = await finishedShard(file, stamp);
      if (before) {
        result.kept++;
        addShard(result, before);
        done += part.length;
        options.onProgress?.(done, rows.length);
        continue;
      }
      const crops = await pool.crop(part, () => options.onProgress?.(++done, rows.length));
      const summary = await writeCrops(file, part, crops, options, stamp);
      addShard(result, summary);
      result.made += summary.crops;
    }
  } finally {
    pool.close();
  }
  return result;
}

/** What a shard says of itself in its metadata. */
interface ShardSummary {
  crops: number;
  sources: Record<CropSource, number>;
  failures: string[];
}

async function writeCrops(
  file: string,
  rows: readonly ManifestRow[],
  crops: readonly (Crop | string)[],
  options: CropDatasetOptions,
  stamp: string,
): Promise<ShardSummary> {
  const { size, margin, align, by } = options;
  const good = crops.flatMap((crop, i) =>
    typeof crop === "string" ? [] : [{ crop, row: rows[i] as ManifestRow }],
  );
  const failures = crops.flatMap((crop, i) =>
    typeof crop === "string" ? [`${rows[i]?.path}: ${crop}`] : [],
  );
  const pixels = new Uint8Array(good.length * size * size * 3);
  for (const [i, { crop }] of good.entries()) pixels.set(crop.pixels, i * size * size * 3);
  const shardRows = good.map(({ crop, row }): ShardRow => {
    const shared = Object.fromEntries(sharedColumns.map((name) => [name, row[name]]));
    return { ...shared, frame: row.frame, source: crop.source, score: crop.score } as ShardRow;
  });
  const sources = Object.fromEntries(
    cropSources.map((source) => [source, good.filter(({ crop }) => crop.source === source).length]),
  ) as Record<CropSource, number>;
  const summary = { crops: good.length, sources, failures };
  const metadata = {
    stamp,
    size: String(size),
    margin: String(margin),
    align: String(align),
    by,
    detector: by === "detector" ? "BlazeFace front 128, back 256" : "none",
    summary: JSON.stringify(summary),
  };
  await writeWhole(file, encodeShard(shardRows, pixels, size, metadata));
  return summary;
}

/** The summary of a shard that is there; undefined where there is none. */
async function finishedShard(file: string, stamp: string): Promise<ShardSummary | undefined> {
  const bytes = await readFile(file).catch(() => undefined);
  if (!bytes) return undefined;
  let metadata: ReadonlyMap<string, string>;
  try {
    ({ metadata } = tableFromIPC(bytes).schema);
  } catch {
    // Shards are renamed when they are whole; one that is damaged is made again.
    return undefined;
  }
  if (metadata.get("stamp") !== stamp) {
    throw new Error(
      `[crops] ${file} was made from another manifest or with other settings (size ${metadata.get("size")}, ` +
        `margin ${metadata.get("margin")}, align ${metadata.get("align")}, by ${metadata.get("by")}); ` +
        "give another folder with --out, or delete this one",
    );
  }
  return JSON.parse(metadata.get("summary") ?? "{}") as ShardSummary;
}

function addShard(result: CropDatasetResult, { crops, sources, failures }: ShardSummary): void {
  result.crops += crops;
  for (const source of cropSources) result.sources[source] += sources[source];
  result.failures.count += failures.length;
  result.failures.examples.push(...failures.slice(0, Math.max(0, 5 - result.failures.examples.length)));
}

function checkSettings({ size, margin, shardRows }: CropDatasetOptions): void {
  if (!Number.isInteger(size) || size < 16 || size > 1024) {
    throw new RangeError(`[crops] size must be an integer from 16 to 1024 pixels, got ${size}`);
  }
  if (!(margin >= 0 && margin <= 2))
    throw new RangeError(`[crops] margin must be from 0 to 2, got ${margin}`);
  if (!Number.isInteger(shardRows) || shardRows < 1) {
    throw new RangeError(`[crops] a shard must hold at least one crop, got ${shardRows}`);
  }
  if (shardRows * size * size * 3 >= 2 ** 31) {
    throw new RangeError(
      `[crops] ${shardRows} crops of ${size} pixels make a shard of 2 GiB or more; use fewer`,
    );
  }
}

async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (/^shard-\d+\.arrow\.\d+\.tmp$/.test(name)) await rm(join(folder, name), { force: true });
  }
}
