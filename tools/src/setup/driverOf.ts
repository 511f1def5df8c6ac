/** @file Where the drivers lie that compute on the CPU. */

import { workspaceRoot } from "../process/workspaceRoot.ts";
import { SetupError } from "./setupError.ts";
import { createSetupHost } from "./setupHost.ts";

export const softwareAdapters = ["lavapipe", "swiftshader"] as const;

/** A driver that computes on the CPU. */
export type SoftwareAdapter = (typeof softwareAdapters)[number];

/**
 * Finds a driver; SwiftShader is unpacked where that has not been done.
 *
 * @returns path of its manifest, for `VK_ICD_FILENAMES`
 * @throws SetupError if lavapipe is not installed
 */
export function driverOf(kind: SoftwareAdapter): string {
  const host = createSetupHost(workspaceRoot, () => {});
  const manifest = kind === "swiftshader" ? host.unpackSwiftShader() : host.findLavapipe();
  if (manifest === undefined)
    throw new SetupError("lavapipe is not installed: npm run setup -- --adapter=lavapipe");
  return manifest;
}
