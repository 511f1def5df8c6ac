/** @file Writes the skins, irises, brows, lashes and hair as small JPEG and WebP files. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import sharp from "sharp";

import { browNames, hairNames } from "./packGeometry.ts";

const ages = ["young", "middleage", "old"];
const races = ["african", "asian", "caucasian"];
const sexes = ["female", "male"];
const irises = ["blue", "bluegreen", "brown", "brownlight", "green", "grey"];

/**
 * Writes the textures into the folder.
 *
 * @returns names of the skins and irises
 */
export async function writeTextures(
  data: string,
  folder: string,
): Promise<{ readonly skins: string[]; readonly irises: string[] }> {
  const skins = ages.flatMap((age) => races.flatMap((race) => sexes.map((sex) => `${age}_${race}_${sex}`)));
  for (const skin of skins) {
    const home = join(data, "skins", skin);
    await sharp(join(home, mapOf(join(home, `${skin}.json`), readdirSync(join(home, "textures")))))
      .jpeg({ quality: 92, chromaSubsampling: "4:4:4", mozjpeg: true })
      .toFile(join(folder, `skin_${skin}.jpg`));
  }
  for (const iris of irises) {
    await webp(
      join(data, `proxies/eyes/HighPolyEyes/textures/${iris}_eye.png`),
      256,
      join(folder, `iris_${iris}.webp`),
    );
  }
  for (const brow of browNames) {
    await webp(
      join(data, `proxies/eyebrows/${brow}/textures/${brow}.png`),
      256,
      join(folder, `brow_${brow}.webp`),
    );
  }
  for (const hair of hairNames) {
    const home = join(data, "proxies/hair", hair);
    await webp(join(home, mapOf(join(home, `${hair}.json`), [])), 512, join(folder, `hair_${hair}.webp`));
  }
  await webp(
    join(data, "proxies/eyelashes/Eyelashes01/textures/eyelashes01.png"),
    256,
    join(folder, "lash_Eyelashes01.webp"),
  );
  return { skins, irises };
}

function mapOf(json: string, names: readonly string[]): string {
  const raw = JSON.parse(readFileSync(json, "utf8")) as {
    mapDiffuse?: string;
    materials?: { mapDiffuse?: string }[];
  };
  const map = raw.mapDiffuse ?? raw.materials?.[0]?.mapDiffuse;
  if (!map)
    throw new Error(`[writeTextures] ${json} names no mapDiffuse; textures there: ${names.join(", ")}`);
  return map.startsWith("textures/") ? map : `textures/${map.split("/").at(-1)}`;
}

async function webp(from: string, size: number, to: string): Promise<void> {
  await sharp(from).resize(size, size).webp({ quality: 82, alphaQuality: 90, effort: 6 }).toFile(to);
}
