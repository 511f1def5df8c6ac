/** @file Takes SwiftShader, a Vulkan driver that runs on the CPU, out of an npm package; needs no rights. */

import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { readTar } from "./readTar.ts";
import { SetupError } from "./setupError.ts";

const wanted = ["libvk_swiftshader.so", "libvulkan.so.1", "vk_swiftshader_icd.json"];

/**
 * Unpacks driver, loader and manifest of `@sparticuz/chromium` into a folder. The package's own code is not run.
 *
 * @param folder where to; made if absent
 * @returns path of the driver's manifest, for `VK_ICD_FILENAMES`
 * @throws SetupError on other platforms than Linux on x86-64, or if the package lacks a file
 */
export function unpackSwiftShader(folder: string): string {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new SetupError(
      `the npm package holds a driver for Linux on x64 only, this is ${process.platform} on ${process.arch}`,
    );
  }
  const manifest = join(folder, "vk_swiftshader_icd.json");
  if (wanted.every((name) => existsSync(join(folder, name)))) return manifest;
  const archive = join(packageFolder("@sparticuz/chromium"), "bin", "swiftshader.tar.br");
  const files = readTar(brotliDecompressSync(readFileSync(archive)));
  mkdirSync(folder, { recursive: true });
  for (const name of wanted) {
    const content = files.get(name);
    if (!content) throw new SetupError(`${archive} holds no ${name}`);
    // Renamed into place, so that a half-written library is never taken for a whole one.
    writeFileSync(join(folder, `${name}.part`), content, { mode: 0o755 });
    renameSync(join(folder, `${name}.part`), join(folder, name));
  }
  return manifest;
}

/**
 * Puts the unpacked Vulkan loader beside Dawn, where Dawn looks first, for machines without a loader of their own.
 *
 * @param folder where {@link unpackSwiftShader} has written
 */
export function placeVulkanLoader(folder: string): void {
  const dawn = join(packageFolder("webgpu"), "dist", "linux-x64");
  if (!existsSync(dawn)) throw new SetupError(`Dawn's library for Linux on x64 is not at ${dawn}`);
  copyFileSync(join(folder, "libvulkan.so.1"), join(dawn, "libvulkan.so.1"));
}

// Looked for on disk, since the "exports" of a package need not show its files.
function packageFolder(name: string): string {
  const require = createRequire(import.meta.url);
  for (const modules of require.resolve.paths(name) ?? []) {
    const folder = join(modules, name);
    if (existsSync(join(folder, "package.json"))) return folder;
  }
  throw new SetupError(
    `npm package ${name} is not installed (looked above ${dirname(import.meta.filename)})`,
  );
}
