/**
 * @file Cuts the real portraits of `fixtures/real` out of the files that Debian packages carry, once, by hand:
 * `npx tsx tools/src/portraits/cropPortraits.ts GRACE_HOPPER.jpg ASTRONAUT.png`.
 */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import sharp from "sharp";

interface Portrait {
  readonly name: string;
  /** Of the package's file, so that another picture cannot slip in. */
  readonly sha256: string;
  /** The head with some of the shoulders, as the rendered frames show it; square, in pixels. */
  readonly crop: { readonly left: number; readonly top: number; readonly edge: number };
}

const portraits: readonly Portrait[] = [
  {
    name: "graceHopper.jpg",
    sha256: "ee9d775343587100337da3bd24f9f9daf49756132362f09ca3ac9b676c4341b3",
    crop: { left: 96, top: 0, edge: 340 },
  },
  {
    name: "astronaut.jpg",
    sha256: "b6d8f15b9103f9f9368608886d396d9ce92b10989aee1539a1e37dd1a415b9dd",
    crop: { left: 113, top: 0, edge: 230 },
  },
];

const folder = new URL("../../../fixtures/real/", import.meta.url);
const sources = process.argv.slice(2);
if (sources.length !== portraits.length) {
  throw new Error(
    `name ${portraits.length} files: the sources of ${portraits.map((p) => p.name).join(", ")}`,
  );
}
for (const [i, { name, sha256, crop }] of portraits.entries()) {
  const bytes = await readFile(sources[i] as string);
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== sha256) throw new Error(`${sources[i]} is not the source of ${name}: sha256 ${found}`);
  await sharp(bytes)
    .extract({ left: crop.left, top: crop.top, width: crop.edge, height: crop.edge })
    .jpeg({ quality: 90 })
    .toFile(fileURLToPath(new URL(name, folder)));
}
