/** @file Reads a JSON file that a flag names. */

import { existsSync, readFileSync } from "node:fs";

/**
 * The object that the file holds; what it must look like is checked by its user.
 *
 * @throws Error if there is no such file, or it is not JSON
 */
export function readJson(file: string): object {
  if (!existsSync(file)) throw new Error(`no configuration at ${file}`);
  try {
    return JSON.parse(readFileSync(file, "utf8")) as object;
  } catch (cause) {
    throw new Error(`${file} is not JSON: ${(cause as Error).message}`, { cause });
  }
}
