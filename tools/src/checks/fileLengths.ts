/** @file Finds sources that have grown past the length at which this project splits them. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { listSourceFiles } from "./sourceFiles.ts";

/** Lines at which a file must be split. */
export const maxLines = 400;

/** Files that may be longer, each with the reason; the list may only shrink. */
export const longFiles: Readonly<Record<string, string>> = {};

/**
 * Returns the TypeScript files of a checkout that are longer than {@link maxLines} and not on the list.
 *
 * @param root    root of the checkout
 * @param allowed files that may be longer, relative to the root
 * @returns one line per file, with its length
 */
export function findLongFiles(root: string, allowed: Readonly<Record<string, string>> = longFiles): string[] {
  return listSourceFiles(root)
    .filter((file) => file.endsWith(".ts") && !Object.hasOwn(allowed, file))
    .flatMap((file) => {
      const lines = readFileSync(join(root, file), "utf8").trimEnd().split("\n").length;
      return lines > maxLines ? [`${file} has ${lines} lines; split it, ${maxLines} are the most`] : [];
    });
}
