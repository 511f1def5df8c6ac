/** @file Takes the wanted morph targets out of the package's dense array as sparse deltas. */

import type { Packer } from "./packHead.ts";

const vertexCount = 19158;

/** What `packTargets` reads. */
export interface TargetSource {
  /** Int16 [targets, 19158, 3], little-endian, in thousandths. */
  readonly binary: Buffer;
  /** target-list.json of the package. */
  readonly listing: string;
  /** Target names as `group/name`. */
  readonly wanted: readonly string[];
  /** Vertices of the package that the asset keeps, in the asset's order. */
  readonly kept: readonly number[];
  readonly packer: Packer;
}

/**
 * Packs `targetVertex` (u16) and `targetDelta` (i16, 3 each, thousandths).
 *
 * @returns for each target its first entry and its number of entries
 * @throws Error if a wanted target is not in the package
 */
export function packTargets(source: TargetSource): Record<string, readonly [number, number]> {
  const names = Object.keys(
    (JSON.parse(source.listing) as { targets: Record<string, unknown> }).targets,
  ).toSorted();
  const rows = new Map(
    names.map((name, row) => [name.replace(/^data\/targets\//, "").replace(/\.target$/, ""), row]),
  );
  const vertices: number[] = [];
  const deltas: number[] = [];
  const ranges: Record<string, readonly [number, number]> = {};
  for (const name of source.wanted) {
    const row = rows.get(name);
    if (row === undefined) throw new Error(`[packTargets] ${name} is not in the package's target list`);
    const start = vertices.length;
    source.kept.forEach((vertex, index) => {
      const at = (row * vertexCount + vertex) * 6;
      const delta = [0, 2, 4].map((byte) => source.binary.readInt16LE(at + byte));
      if (delta.every((value) => value === 0)) return;
      vertices.push(index);
      deltas.push(...delta);
    });
    ranges[name] = [start, vertices.length - start];
  }
  source.packer.add("targetVertex", Uint16Array.from(vertices));
  source.packer.add("targetDelta", Int16Array.from(deltas));
  return ranges;
}
