/** @file Lays samples of every domain and presentation onto one labelled PNG. */

import { join } from "node:path";

import sharp, { type OverlayOptions } from "sharp";

import { attacks, type ManifestRow } from "../manifest/manifest.ts";

const tile = 96;
const gutter = 4;
const labelWidth = 190;
const labelHeight = 18;

/**
 * Writes a sheet with one row a domain and presentation.
 *
 * @param rows manifest rows
 * @param folder the manifest's folder
 * @param file PNG to write
 * @param columns samples in a row
 */
export async function contactSheet(
  rows: readonly ManifestRow[],
  folder: string,
  file: string,
  columns = 8,
): Promise<void> {
  const groups = new Map<string, ManifestRow[]>();
  for (const row of rows) {
    if (row.frame > 0) continue;
    const key = `${row.dataset} ${row.attack === "none" ? "live" : row.attack}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  const height = groups.size * (tile + gutter);
  const width = labelWidth + columns * (tile + gutter);
  const pieces: OverlayOptions[] = [];
  let line = 0;
  // Domains as they come, attacks as in the taxonomy.
  const domains = [...new Set(rows.map((row) => row.dataset))];
  const place = ([row]: readonly ManifestRow[]): number =>
    domains.indexOf(row!.dataset) * attacks.length + attacks.indexOf(row!.attack);
  for (const [key, members] of [...groups].toSorted(([, a], [, b]) => place(a) - place(b))) {
    const top = line++ * (tile + gutter);
    pieces.push({ input: label(key), left: 6, top: top + (tile - labelHeight) / 2 });
    // Spread the samples over the group instead of taking its first subjects.
    const count = Math.min(columns, members.length);
    for (let column = 0; column < count; column++) {
      const member = members[Math.floor((column * members.length) / count)]!;
      pieces.push({
        input: await sharp(join(folder, member.path)).resize(tile, tile).toBuffer(),
        left: labelWidth + column * (tile + gutter),
        top,
      });
    }
  }
  await sharp({ create: { width, height, channels: 3, background: "#16181c" } })
    .composite(pieces)
    .png()
    .toFile(file);
}

function label(text: string): Buffer {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${labelWidth - 12}" height="${labelHeight}"><text x="0" y="14" font-family="sans-serif" font-size="15" fill="#e8e8e8">${text}</text></svg>`;
  return Buffer.from(svg);
}
