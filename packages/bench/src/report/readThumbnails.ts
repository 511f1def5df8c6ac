/** @file Reads the images of the sample verdicts as data URIs. */

import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { ManifestRow } from "@candor/data";
import type { SampleVerdict } from "./report.ts";

const types: Readonly<Record<string, string>> = {
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".png": "image/png",
  ".webp": "image/webp",
};

/** A larger file is left out: the page must stay light, and it prints a blank instead. */
const largestBytes = 400_000;

/**
 * Reads the files as they are, without decoding.
 *
 * @param rows the manifest's rows
 * @param root the manifest's folder
 * @returns frame id to `data:` URI, for those frames whose file is there, of a known type and not too large
 */
export async function readThumbnails(
  samples: readonly SampleVerdict[],
  rows: readonly ManifestRow[],
  root: string,
): Promise<Map<string, string>> {
  const wanted = new Set(samples.map((sample) => sample.id));
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
