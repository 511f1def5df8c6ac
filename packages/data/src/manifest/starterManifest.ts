/** @file Finds the rendered starter data. */

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/**
 * The newest `starter` or `starter-<hash>` manifest in a folder of data sets.
 *
 * @param folder where data sets lie
 * @throws Error if there is none, with the command that makes one
 */
export async function starterManifest(folder = ".candor/data"): Promise<string> {
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names
      // An interrupted rendering leaves a folder named starter-<hash>.partial.
      .filter((name) => /^starter(-[0-9a-z]+)?$/.test(name))
      .map(async (name) => {
        const path = join(folder, name, "manifest.arrow");
        return {
          path,
          time: await stat(path)
            .then((file) => file.mtimeMs)
            .catch(() => null),
        };
      }),
  );
  const newest = found
    .flatMap(({ path, time }) => (time === null ? [] : [{ path, time }]))
    .toSorted((a, b) => b.time - a.time)[0];
  if (!newest) {
    throw new Error(
      `[manifest] no starter data under ${folder}: render them with "npx nx run data:render", or name a manifest with --manifest.`,
    );
  }
  return newest.path;
}
