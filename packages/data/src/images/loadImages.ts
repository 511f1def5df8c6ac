/** @file Decodes all images of a manifest once, and keeps the pixels on disk for the next run. */
import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { ManifestRow } from "../manifest/manifest.ts";
import { decodeImage, readImageFile } from "./decodeImage.ts";
import { type ImageSet, imageBlock } from "./imageSet.ts";
import { readShard, writeShard } from "./shardFile.ts";

/** The part of the key that changes when {@link decodeImage} gives other pixels for the same file. */
const decoderVersion = "1";

/** What loading may be told. */
export interface LoadImagesOptions {
  /** Where decoded pixels are kept; by default `.decoded` in the root. */
  cacheFolder?: string;
  /** Called after each decoded image; never called where the pixels come from the cache. */
  onProgress?: (done: number, total: number) => void;
}

/**
 * Loads the images of rows as one block of bytes: from the cache, or decoded in parallel and then cached.
 *
 * The cache is named by the size and by the sha256 of every row in its order, so any other choice of rows has a file
 * of its own; a damaged one is made again.
 * @param rows manifest rows, such as one split's
 * @param root the manifest's folder
 * @param size edge of the decoded images in pixels
 * @param options cache folder and progress
 * @returns the images, in the order of the rows
 * @throws Error that counts and names the images that are missing, broken, or not those of the manifest
 */
export async function loadImages(
  rows: readonly Pick<ManifestRow, "path" | "sha256">[],
  root: string,
  size: number,
  options: LoadImagesOptions = {},
): Promise<ImageSet> {
  const bytes = size * size * 3;
  const key = createHash("sha256").update(`candor images ${decoderVersion}\n`);
  for (const row of rows) key.update(`${row.sha256}\n`);
  const name = `${size}px-${key.digest("hex").slice(0, 20)}.rgb`;
  const file = join(options.cacheFolder ?? join(root, ".decoded"), name);

  const cached = await readShard(file, rows.length * bytes);
  if (cached) return imageBlock(cached, size);

  const pixels = new Uint8Array(rows.length * bytes); // [N, size, size, 3]
  const failures: string[] = [];
  let next = 0;
  let done = 0;
  const decodeInTurn = async (): Promise<void> => {
    while (next < rows.length) {
      const index = next++;
      try {
        pixels.set(await decodeRow(rows[index] as ManifestRow, root, size), index * bytes);
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
      }
      options.onProgress?.(++done, rows.length);
    }
  };
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, decodeInTurn));
  if (failures.length > 0) {
    const shown = failures.toSorted().slice(0, 5).join("\n  ");
    const rest = failures.length > 5 ? `\n  and ${failures.length - 5} more` : "";
    throw new Error(
      `[loadImages] ${failures.length} of ${rows.length} images of ${root} cannot be used:\n  ${shown}${rest}`,
    );
  }
  await writeShard(file, pixels);
  return imageBlock(pixels, size);
}

async function decodeRow(
  row: Pick<ManifestRow, "path" | "sha256">,
  root: string,
  size: number,
): Promise<Uint8Array> {
  const file = join(root, row.path);
  const bytes = await readImageFile(file);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (sha256 !== row.sha256) {
    throw new Error(
      `[loadImages] ${file} is not the file of the manifest (sha256 ${sha256.slice(0, 12)}..., the manifest says ` +
        `${row.sha256.slice(0, 12)}...); write the manifest again`,
    );
  }
  return decodeImage(bytes, size, file);
}
