/** @file Lists the files of the workspace's packages. */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const skipped = new Set(["node_modules", "dist", ".vitest", ".nx"]);

/**
 * Lists the files under the `src` folder of each package and of `tools`, sorted.
 *
 * @param root root of a checkout
 * @returns paths relative to the root, with `/` between folders
 */
export function listSourceFiles(root: string): string[] {
  const packages = existsSync(join(root, "packages")) ? readdirSync(join(root, "packages")).toSorted() : [];
  return [...packages.map((name) => `packages/${name}`), "tools"].flatMap((folder) =>
    listFiles(root, `${folder}/src`),
  );
}

function listFiles(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (!entry.isDirectory()) return [path];
      return skipped.has(entry.name) ? [] : listFiles(root, path);
    });
}
