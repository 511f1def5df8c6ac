/** @file The machine as set-up works on it. */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { installLavapipe } from "./installLavapipe.ts";
import { probe } from "./probe.ts";
import type { SetupHost } from "./provideAdapter.ts";
import { placeVulkanLoader, unpackSwiftShader } from "./unpackSwiftShader.ts";

const manifestFolders = ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"];

/**
 * Returns what set-up may do to this machine.
 *
 * @param root root of the checkout; SwiftShader is unpacked under it
 * @param say  called with each line for the user
 */
export function createSetupHost(root: string, say: (line: string) => void): SetupHost {
  const swiftShader = join(root, ".candor", "swiftshader");
  return {
    probe,
    findLavapipe,
    installLavapipe: () => installLavapipe(say),
    unpackSwiftShader: () => unpackSwiftShader(swiftShader),
    placeVulkanLoader: () => placeVulkanLoader(swiftShader),
    say,
    env: process.env,
  };
}

function findLavapipe(): string | undefined {
  for (const folder of manifestFolders) {
    const name = existsSync(folder)
      ? readdirSync(folder).find((file) => /^lvp_icd.*\.json$/.test(file))
      : undefined;
    if (name) return join(folder, name);
  }
  return undefined;
}
