/** @file Finds Chromium, or installs Debian's. */

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { runProcess } from "../process/runProcess.ts";

const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const macPath = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/** A browser, or why there is none. */
export type ChromiumSearch = { readonly path: string } | { readonly why: string };

/**
 * Finds a browser: the one that `CANDOR_CHROMIUM` names, else one on the path.
 *
 * @param env environment of the user
 */
export function findChromium(env: NodeJS.ProcessEnv): ChromiumSearch {
  const named = env["CANDOR_CHROMIUM"];
  if (named) {
    return existsSync(named)
      ? { path: named }
      : { why: `CANDOR_CHROMIUM names ${named}, which does not exist` };
  }
  const folders = (env["PATH"] ?? "").split(delimiter).filter(Boolean);
  const paths = [...folders.flatMap((folder) => names.map((name) => join(folder, name))), macPath];
  const path = paths.find((candidate) => existsSync(candidate));
  return path ? { path } : { why: `none of ${names.join(", ")} is on the path` };
}

/**
 * Finds a browser, and installs Debian's through apt where there is none and this process is root.
 *
 * @param say called with a line before the installation
 */
export async function provideChromium(
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<ChromiumSearch> {
  const found = findChromium(env);
  if ("path" in found || env["CANDOR_CHROMIUM"]) return found;
  if (process.getuid?.() !== 0) return { why: `${found.why}, and this user may not install packages` };
  if ((await runProcess("apt-get", ["--version"])).code !== 0) return { why: `${found.why}, nor is apt` };
  say("browser: installing chromium through apt");
  const wait = ["-o", "DPkg::Lock::Timeout=120"];
  await runProcess("apt-get", [...wait, "update"]);
  const install = await runProcess("apt-get", [
    ...wait,
    "install",
    "-y",
    "--no-install-recommends",
    "chromium",
  ]);
  if (install.code !== 0) {
    return { why: `${found.why}; apt-get install failed: ${install.stderr.trim().split("\n").at(-1) ?? ""}` };
  }
  return findChromium(env);
}
