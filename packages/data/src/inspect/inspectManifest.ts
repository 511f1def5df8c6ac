/** @file The summary of a manifest. */
import { loaders } from "../loaders/loaders.ts";
import type { ManifestRow } from "../manifest/manifest.ts";
import { readManifest } from "../manifest/readManifest.ts";
import { compareCounts, countRows } from "./countRows.ts";
import type { CountComparison, CountLine } from "./countRows.ts";

/** What a manifest holds. */
export interface ManifestSummary {
  counts: CountLine[];
  /** Published counts of the data sets that are known by their names. */
  comparisons: { dataset: string; counts: CountComparison[] }[];
  /** Rows with a face box, and rows whose box is the whole image. */
  boxes: { own: number; whole: number };
  sizes: { smallest: string; largest: string };
  metadata: Record<string, string>;
  warnings: string[];
  rows: ManifestRow[];
}

/**
 * Reads a manifest and counts what it holds.
 * @param file the manifest
 * @throws Error if it cannot be read
 */
export async function inspectManifest(file: string): Promise<ManifestSummary> {
  const { rows, metadata, warnings } = await readManifest(file);
  const names = [...new Set(rows.map((row) => row.dataset))];
  const whole = rows.filter(isWhole).length;
  const bySize = rows.toSorted((a, b) => a.width * a.height - b.width * b.height);
  return {
    counts: countRows(rows),
    comparisons: names.flatMap((dataset) => {
      const published = loaders.find((loader) => loader.title === dataset)?.published ?? [];
      const mine = rows.filter((row) => row.dataset === dataset);
      return published.length > 0 ? [{ dataset, counts: compareCounts(mine, published) }] : [];
    }),
    boxes: { own: rows.length - whole, whole },
    sizes: { smallest: sizeOf(bySize[0]), largest: sizeOf(bySize.at(-1)) },
    metadata,
    warnings,
    rows,
  };
}

function sizeOf(row: ManifestRow | undefined): string {
  return row ? `${row.width}x${row.height}` : "none";
}

/** Whether a row's box is the whole image: no face box is known. */
export function isWhole(row: Pick<ManifestRow, "box" | "width" | "height">): boolean {
  const [x, y, width, height] = row.box;
  return x === 0 && y === 0 && width === row.width && height === row.height;
}
