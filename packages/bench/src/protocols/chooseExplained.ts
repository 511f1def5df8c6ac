/** @file Chooses the frames whose interpretation is decoded: decoding costs far more than scoring. */

import { createRandom, uniform, type ManifestRow } from "@candor/data";
import { groupBy } from "../metrics/groupBy.ts";

/**
 * Draws test frames by seed, as many live as spoof ones in every domain.
 *
 * @param perDomain frames a domain; an odd number gives spoof one more; `Infinity` takes every test frame
 * @returns ids
 */
export function chooseExplained(rows: readonly ManifestRow[], perDomain: number, seed: number): Set<string> {
  const random = createRandom(seed);
  const tested = rows.filter((row) => row.split === "test");
  const groups = groupBy(tested, (row) => `${row.dataset} ${row.label}`);
  return new Set(
    [...groups.values()].flatMap((group) => {
      const half = group[0]!.label === "live" ? Math.floor(perDomain / 2) : Math.ceil(perDomain / 2);
      return group
        .map(({ id }) => ({ id, order: uniform(random) }))
        .toSorted((a, b) => a.order - b.order)
        .slice(0, half)
        .map(({ id }) => id);
    }),
  );
}
