/** @file The images of manifest rows, from their files or from the shards of a crop run: what training and scoring see. */
import type { ManifestRow } from "../manifest/manifest.ts";
import { readShards } from "../shards/readShards.ts";
import type { ImageSet } from "./imageSet.ts";
import { loadImages } from "./loadImages.ts";

/** Where the pixels of rows are. */
export interface ImageOrigin {
  /** The manifest's folder. */
  readonly root: string;
  /** Edge of the images in pixels. */
  readonly size: number;
  /** Folder of the shards that `data:crop` made of the manifest; the image files themselves where it is not given. */
  readonly shards?: string | undefined;
}

/** Rows and their images, index by index. */
export interface OpenedImages {
  readonly rows: readonly ManifestRow[];
  readonly images: ImageSet;
  /** Rows that were asked for and have no crop in the shards. */
  readonly missing: number;
}

/**
 * Opens the images of rows, in the rows' order.
 *
 * @throws Error if an image file is missing or broken, or the shards hold crops of another size, or none of these rows
 */
export async function openImages(rows: readonly ManifestRow[], origin: ImageOrigin): Promise<OpenedImages> {
  const { root, size, shards } = origin;
  if (shards === undefined) return { rows, images: await loadImages(rows, root, size), missing: 0 };
  const wanted = new Set(rows.map(({ id }) => id));
  const set = await readShards(shards, { keep: ({ id }) => wanted.has(id) });
  if (set.size !== size) {
    throw new Error(
      `[openImages] ${shards} holds crops of ${set.size} pixels and ${size} are needed; crop again with --size=${size}`,
    );
  }
  const places = new Map(set.rows.map(({ id }, place) => [id, place]));
  const found = rows.filter(({ id }) => places.has(id));
  if (found.length === 0 && rows.length > 0) {
    throw new Error(
      `[openImages] ${shards} has none of the ${rows.length} rows, such as "${rows[0]?.id}"; was it cropped from another manifest?`,
    );
  }
  const images: ImageSet = {
    count: found.length,
    size,
    pixels: (index) => set.pixels(places.get(found[index]?.id ?? "") ?? -1),
  };
  return { rows: found, images, missing: rows.length - found.length };
}
