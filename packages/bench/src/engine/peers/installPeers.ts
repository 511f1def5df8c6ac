/** @file Installs the libraries that we are compared with, in a folder of their own. */

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { peerEntries, type PeerName } from "./peerLibrary.ts";

/** Returns the packages that some peers need and the folder lacks, as npm takes them. */
export function missingPackages(folder: string, peers: readonly PeerName[]): string[] {
  const wanted = new Set<string>(peers.flatMap((peer) => [...peerEntries[peer].packages]));
  return [...wanted].filter((spec) => {
    const at = spec.lastIndexOf("@");
    const file = join(folder, "node_modules", spec.slice(0, at), "package.json");
    if (!existsSync(file)) return true;
    return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version !== spec.slice(at + 1);
  });
}

/**
 * Installs what is missing through npm, without running scripts of packages.
 *
 * @param folder made if absent
 * @param say    called with a line for the user
 * @throws Error with npm's own words if it fails
 */
export async function installPeers(
  folder: string,
  peers: readonly PeerName[],
  say: (line: string) => void,
): Promise<void> {
  const missing = missingPackages(folder, peers);
  if (missing.length === 0) return;
  say(`installing ${missing.join(", ")} in ${folder} (the comparison alone uses them)`);
  mkdirSync(folder, { recursive: true });
  const manifest = join(folder, "package.json");
  if (!existsSync(manifest)) writeFileSync(manifest, '{ "name": "candor-peers", "private": true }\n');
  const flags = ["--save-exact", "--ignore-scripts", "--no-audit", "--no-fund", "--workspaces=false"];
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const child = spawn(npm, ["install", ...flags, ...missing], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0) throw new Error(`npm could not install ${missing.join(", ")}: ${stderr.trim()}`);
}
