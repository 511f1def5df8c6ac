/** @file How this workspace starts a TypeScript program in a process of its own. */

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

/**
 * Returns the arguments with which `process.execPath` runs a TypeScript file from any working folder: through tsx,
 * with the packages of this workspace resolved to their sources.
 *
 * @param file absolute path of the program
 * @param args arguments of the program
 */
export function typescriptArguments(file: string, args: readonly string[] = []): string[] {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  return ["--conditions=@candor/source", "--import", loader, file, ...args];
}
