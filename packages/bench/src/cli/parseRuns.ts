/** @file Reads `--runs method=folder`. */

import type { RunRequest } from "../protocols/runOneToEleven.ts";

/**
 * Splits each value at its first `=`; a bare folder takes whatever method it holds.
 *
 * @throws Error on an empty method or folder
 */
export function parseRuns(values: readonly string[]): RunRequest[] {
  return values.map((value) => {
    const cut = value.indexOf("=");
    const method = cut < 0 ? null : value.slice(0, cut).trim();
    const folder = value.slice(cut + 1).trim();
    if (folder === "" || method === "") {
      throw new Error(`[--runs] "${value}" is not method=folder, such as ifas=runs/starter-ifas.`);
    }
    return { method, folder };
  });
}
