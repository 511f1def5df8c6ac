/** @file Images that a small model tells apart within a minute, with their manifest. */

import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ManifestRow, writeManifest } from "@candor/data";
import sharp from "sharp";

/** Writes 16 train and 8 dev images of 16 pixels into `images`, and `manifest.arrow`. */
export async function writeStripes(folder: string): Promise<void> {
  mkdirSync(join(folder, "images"));
  const rows: ManifestRow[] = [];
  for (let i = 0; i < 24; i++) rows.push(await drawRow(folder, i));
  await writeManifest(join(folder, "manifest.arrow"), rows, {});
}

/** Live images are warm, spoofs are cold and striped. */
async function drawRow(folder: string, i: number): Promise<ManifestRow> {
  const live = i % 2 === 0;
  const size = 16;
  const pixels = new Uint8Array(size * size * 3);
  for (let p = 0; p < size * size; p++) {
    const stripe = !live && p % 2 === 0 ? 90 : 0;
    pixels.set([(live ? 200 : 60) - (i % 5), 120 + stripe, (live ? 60 : 200) - stripe], p * 3);
  }
  const bytes = await sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
    .png()
    .toBuffer();
  const path = `images/${i}.png`;
  writeFileSync(join(folder, path), bytes);
  return {
    id: `${i}`,
    dataset: "D1",
    split: i < 16 ? "train" : "dev",
    subject: `s${i}`,
    video: `v${i}`,
    frame: 0,
    path,
    label: live ? "live" : "spoof",
    attack: live ? "none" : "print",
    attackCode: live ? "live" : "print",
    box: [0, 0, size, size],
    width: size,
    height: size,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    captionGeneral: "a face",
    captionSpoof: live ? "a live face with skin texture." : "a printed photo with stripes.",
    scene: "{}",
  };
}
