/** @file Lays samples of every data set, split and attack onto one labelled PNG, with their face boxes. */
import { join } from "node:path";
import sharp from "sharp";
import type { OverlayOptions } from "sharp";
import { mapPool } from "../import/pool.ts";
import { attacks, splits } from "../manifest/manifest.ts";
import type { ManifestRow } from "../manifest/manifest.ts";
import { isWhole } from "./inspectManifest.ts";

const tile = 128;
const gutter = 4;
const labelWidth = 280;

/**
 * Draws the sheet: a line a data set, split and attack, samples spread over the line's rows.
 * @param rows the manifest's rows
 * @param folder the manifest's folder
 * @param file the PNG to write
 * @param columns samples a line
 * @returns how many samples were drawn
 * @throws Error if an image cannot be read
 */
export async function sampleSheet(
  rows: readonly ManifestRow[],
  folder: string,
  file: string,
  columns: number,
): Promise<number> {
  if (rows.length === 0) throw new Error("[inspect] the manifest has no rows to draw");
  if (!Number.isInteger(columns) || columns < 1 || columns > 100) {
    throw new RangeError(`[inspect] columns must be an integer from 1 to 100, got ${columns}`);
  }
  const groups = new Map<string, ManifestRow[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.dataset, splits.indexOf(row.split), attacks.indexOf(row.attack)]);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  const lines = [...groups]
    .toSorted(([a], [b]) => a.localeCompare(b, "en", { numeric: true }))
    .map(([, group]) => group);
  const pieces = await mapPool(
    lines.flatMap((group, line) => {
      const count = Math.min(columns, group.length);
      return Array.from({ length: count }, (_, column) => ({
        row: group[Math.floor((column * group.length) / count)] as ManifestRow,
        left: labelWidth + column * (tile + gutter),
        top: line * (tile + gutter),
      }));
    }),
    async ({ row, left, top }): Promise<OverlayOptions> => ({
      input: await drawTile(row, folder),
      left,
      top,
    }),
  );
  const labels = lines.map((group, line): OverlayOptions => {
    const { dataset, split, label, attack } = group[0] as ManifestRow;
    const text = `${dataset} ${split} ${label === "live" ? "live" : attack} (${group.length})`;
    return { input: drawLabel(text), left: 6, top: line * (tile + gutter) + tile / 2 - 9 };
  });
  const width = labelWidth + columns * (tile + gutter);
  await sharp({
    create: { width, height: lines.length * (tile + gutter), channels: 3, background: "#16181c" },
  })
    .composite([...labels, ...pieces])
    .png()
    .toFile(file);
  return pieces.length;
}

async function drawTile(row: ManifestRow, folder: string): Promise<Buffer> {
  const scale = tile / Math.max(row.width, row.height);
  const [width, height] = [
    Math.max(1, Math.round(row.width * scale)),
    Math.max(1, Math.round(row.height * scale)),
  ];
  const [x, y, w, h] = row.box.map((value) => value * scale) as [number, number, number, number];
  const frame = isWhole(row)
    ? ""
    : `<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="none" stroke="#35d07f" stroke-width="1.5"/>`;
  const box = Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${frame}</svg>`,
  );
  return sharp(join(folder, row.path))
    .autoOrient()
    .resize(width, height, { fit: "fill" })
    .composite([{ input: box }])
    .png()
    .toBuffer();
}

function drawLabel(text: string): Buffer {
  const safe = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${labelWidth - 12}" height="18">` +
      `<text x="0" y="14" font-family="sans-serif" font-size="14" fill="#e8e8e8">${safe}</text></svg>`,
  );
}
