/** @file Attention over patches as colours, a pixel a patch. */

import { encodePng } from "./encodePng.ts";

// Dark to light in steps of viridis, so that the order survives grey print and colour blindness.
const ramp = [
  [68, 1, 84],
  [59, 82, 139],
  [33, 145, 140],
  [94, 201, 98],
  [253, 231, 37],
] as const;

/** The colours of {@link attentionMap}, from no attention to the most, for a legend. */
export const attentionGradient = `linear-gradient(to right, ${ramp.map((colour) => `rgb(${colour.join(" ")})`).join(", ")})`;

/**
 * Draws attention as a PNG data URI.
 *
 * @param shares [grid, grid], which sum to 1
 * @param most   the multiple of the even share, 1 / grid², that has the last colour; larger ones have it too
 */
export function attentionMap(shares: readonly number[], most: number): string {
  const grid = Math.sqrt(shares.length);
  const pixels = Uint8Array.from(
    shares.flatMap((share) => colourAt(attentionLevel(share * shares.length, most))),
  );
  return encodePng(pixels, grid, grid);
}

/** Where a multiple of the even share lies among the colours: the root, since a few patches have most of the attention. */
export function attentionLevel(multiple: number, most: number): number {
  return Math.sqrt(multiple / most);
}

/** The largest multiple of the even share among several maps, at least 2: near-even attention must look even. */
export function attentionScale(maps: readonly (readonly number[])[]): number {
  return Math.max(2, ...maps.map((shares) => Math.max(...shares) * shares.length));
}

function colourAt(level: number): number[] {
  const place = Math.min(Math.max(level, 0), 1) * (ramp.length - 1);
  const low = Math.min(Math.floor(place), ramp.length - 2);
  return ramp[low]!.map((value, channel) =>
    Math.round(value + (place - low) * (ramp[low + 1]![channel]! - value)),
  );
}
