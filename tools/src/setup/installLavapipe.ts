/** @file Installs Mesa's lavapipe, a Vulkan driver that runs on the CPU, through apt. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProcess } from "../process/runProcess.ts";
import { backportsStanza, readAptSources } from "./aptSources.ts";
import { SetupError } from "./setupError.ts";

const packages = ["mesa-vulkan-drivers", "libvulkan1"];
// Dawn refuses the Mesa of these releases; their backports carry one that it accepts.
const releasesWithOldMesa = ["bookworm"];

/**
 * Installs the driver and Vulkan's loader.
 *
 * @param say called with a line for the user before each long step
 * @throws SetupError if this machine has no apt, this user may not install packages, or apt fails
 */
export async function installLavapipe(say: (line: string) => void): Promise<void> {
  if (process.platform !== "linux") throw new SetupError(`apt is not found on ${process.platform}`);
  const release = readRelease();
  if ((await runProcess("apt-get", ["--version"])).code !== 0) {
    throw new SetupError(`apt is not found on ${release.name}`);
  }
  const prefix = await rootPrefix();
  const target = releasesWithOldMesa.includes(release.codename)
    ? ["-t", `${release.codename}-backports`]
    : [];
  if (target.length > 0) await addBackports(prefix, release.codename);
  say(`adapter: installing ${packages.join(" and ")} through apt${target[1] ? ` from ${target[1]}` : ""}`);
  const wait = ["-o", "DPkg::Lock::Timeout=120"];
  const update = await runAsRoot(prefix, "apt-get", [...wait, "update"]);
  const install = await runAsRoot(prefix, "apt-get", [
    ...wait,
    "install",
    "-y",
    "--no-install-recommends",
    ...target,
    ...packages,
  ]);
  if (install.code !== 0) {
    // A stale list is the usual cause, so what the update said comes first.
    const message = [update.code === 0 ? "" : lastError(update.stderr), lastError(install.stderr)];
    throw new SetupError(`apt-get install failed: ${message.filter(Boolean).join("; ")}`);
  }
}

async function rootPrefix(): Promise<string[]> {
  if (process.getuid?.() === 0) return [];
  if ((await runProcess("sudo", ["-n", "true"])).code === 0) return ["sudo", "-n"];
  throw new SetupError(
    "this user may not install packages (not root, and sudo asks for a password or is absent)",
  );
}

function runAsRoot(
  prefix: readonly string[],
  file: string,
  args: readonly string[],
): ReturnType<typeof runProcess> {
  const [first = "", ...rest] = [...prefix, "env", "DEBIAN_FRONTEND=noninteractive", file, ...args];
  return runProcess(first, rest, { timeoutMs: 600_000 });
}

async function addBackports(prefix: readonly string[], codename: string): Promise<void> {
  const stanza = backportsStanza(readAptSources("/etc/apt"), codename);
  if (stanza === "present") return;
  if (!stanza)
    throw new SetupError(`no source of apt serves ${codename} main, so its backports are not known`);
  const folder = mkdtempSync(join(tmpdir(), "candor-apt-"));
  try {
    const draft = join(folder, "candor-backports.sources");
    writeFileSync(draft, stanza);
    const target = "/etc/apt/sources.list.d/candor-backports.sources";
    const result = await runAsRoot(prefix, "install", ["-m", "644", draft, target]);
    if (result.code !== 0) throw new SetupError(`${target} cannot be written: ${lastError(result.stderr)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readRelease(): { readonly name: string; readonly codename: string } {
  const text = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  const field = (name: string): string => new RegExp(`^${name}="?([^"\\n]*)"?$`, "m").exec(text)?.[1] ?? "";
  return { name: field("PRETTY_NAME") || "this system", codename: field("VERSION_CODENAME") };
}

function lastError(stderr: string): string {
  const lines = stderr.trim().split("\n");
  return lines.find((line) => line.startsWith("E:")) ?? lines.at(-1) ?? "";
}
