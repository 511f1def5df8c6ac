/** @file Finds `navigator.gpu` in a browser, or makes Dawn's in Node, with the driver that set-up chose. */

import { DeviceError } from "./deviceError.ts";
import { inNode } from "./inNode.ts";

/** What set-up wrote to `.candor/adapter.json`: environment variables that select a Vulkan driver. */
export interface AdapterChoice {
  readonly kind: "system" | "lavapipe" | "swiftshader";
  readonly reason: string;
  readonly env: Readonly<Record<string, string>>;
}

// Dawn's instances must stay referenced: once one is collected, the process dies.
const instances = new Map<string, Promise<GPU>>();

/**
 * Returns the WebGPU entry point of this host.
 *
 * In Node, variables of the adapter choice are set before Dawn loads a driver; ones that the user has set win.
 *
 * @throws DeviceError if the host has no WebGPU
 */
export async function provideGpu(dawnFlags: readonly string[] = []): Promise<GPU> {
  if (!inNode()) {
    if (!globalThis.navigator?.gpu) {
      throw new DeviceError(
        "this browser has no WebGPU: navigator.gpu is missing. Use a current browser over https.",
      );
    }
    return navigator.gpu;
  }
  const key = dawnFlags.join();
  let instance = instances.get(key);
  if (!instance) {
    instances.set(key, (instance = createDawn(dawnFlags)));
    // What was in the way may be gone at the next call.
    instance.catch(() => instances.delete(key));
  }
  return instance;
}

async function createDawn(flags: readonly string[]): Promise<GPU> {
  const choice = await readAdapterChoice();
  for (const [name, value] of Object.entries(choice?.env ?? {})) process.env[name] ??= value;
  const { create } = (await import("webgpu")) as { create(flags: string[]): GPU };
  return create([...flags]);
}

/** Reads `.candor/adapter.json` from the working folder or the nearest folder above it; undefined if there is none. */
export async function readAdapterChoice(): Promise<AdapterChoice | undefined> {
  const { existsSync, readFileSync } = await import("node:fs");
  const { dirname, join } = await import("node:path");
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const file = join(folder, ".candor", "adapter.json");
    if (existsSync(file)) {
      try {
        return JSON.parse(readFileSync(file, "utf8")) as AdapterChoice;
      } catch (cause) {
        throw new DeviceError(`${file} is not JSON; delete it and run "npm run setup" again.`, { cause });
      }
    }
    if (dirname(folder) === folder) return undefined;
  }
}
