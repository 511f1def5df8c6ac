/** @file Reads the images of the sample verdicts as data URIs. */

import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { readShards, type ManifestRow } from "@candor/data";
import { encodePng } from "./charts/encodePng.ts";
import type { SampleVerdict } from "./report.ts";

const types: Readonly<Record<string, string>> = {
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".png": "image/png",
  ".webp": "image/webp",
};

/** A larger file is left out: the page must stay light, and it prints a blank instead. */
const largestBytes = 400_000;

/** Where the images of samples are. */
export interface SampleImages {
  /** The manifest's. */
  readonly rows: readonly ManifestRow[];
  /** The manifest's folder. */
  readonly root: string;
  /** Folder of the crops that were scored; the image files where there are none. */
  readonly shards?: string | undefined;
}

/**
 * Reads what the model saw: the crops where there are shards, else the files as they are, without decoding.
 *
 * @returns frame id to `data:` URI, for those frames that have a crop, or whose file is there, of a known type and not too large
 * @throws Error if the shards are damaged
 */
export async function readThumbnails(
  samples: readonly SampleVerdict[],
  { rows, root, shards }: SampleImages,
): Promise<Map<string, string>> {
  const wanted = new Set(samples.map((sample) => sample.id));
  if (shards !== undefined) {
    const crops = await readShards(shards, { keep: ({ id }) => wanted.has(id), memory: 0 });
    return new Map(
      crops.rows.map(({ id }, index) => [id, encodePng(crops.pixels(index), crops.size, crops.size)]),
    );
  }
  const entries = await Promise.all(
    rows
      .filter((row) => wanted.has(row.id))
      .map(async ({ id, path }) => {
        const type = types[extname(path).toLowerCase()];
        const bytes = await readFile(join(root, path)).catch(() => null);
        if (!type || !bytes || bytes.length > largestBytes) return [];
        return [[id, `data:${type};base64,${bytes.toString("base64")}`] as const];
      }),
  );
  return new Map(entries.flat());
}
