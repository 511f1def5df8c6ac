/** @file What kills rest on beside the kernel: the killing test, its tolerances and the host code of its ops. */

import { existsSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { closureOf } from "./mutationPlan.ts";
import { digestOf } from "./mutationReport.ts";

/**
 * Digests of test files by their paths in the sources, kept from the first call; undefined for a file that is gone.
 *
 * A digest holds the file itself, and of what it imports, directly or not, all of `testing/` (tolerances, references,
 * comparison) and all of the test's own folder, which is its op's host code; a test of `ops/` itself ranges over all
 * ops. WGSL is left out, as a kernel's texts have a digest of their own, and so is the rest of the engine and what other
 * ops a test uses on the way: with them nearly every edit would call all kernels into question, and no kill would stand
 * from one day to the next. `--again` is for an edit there.
 */
export function testDigests(source: string): (file: string) => string | undefined {
  const known = new Map<string, string | undefined>();
  return (file) => {
    if (!known.has(file)) known.set(file, digestOfTest(source, file));
    return known.get(file);
  };
}

function digestOfTest(source: string, file: string): string | undefined {
  const path = join(source, file);
  if (!existsSync(path)) return undefined;
  const folders = [dirname(file), "testing"].map((folder) => `${folder}${sep}`);
  const texts = [...closureOf(path)]
    .map(([found, text]) => [relative(source, found), text] as const)
    .filter(([name]) => !name.endsWith(".wgsl.ts") && folders.some((folder) => name.startsWith(folder)))
    .map(([name, text]) => `${name}\n${text}`);
  return digestOf(texts);
}
