/** @file The test files that run with faults in kernels. */

import { readdirSync } from "node:fs";
import { join } from "node:path";

const folders = ["autograd", "optim", "ops"];
// Snapshots would kill every mutant, and counts of dispatches and captures are not about what a kernel computes.
const skipped = /(wgslSnapshots|profile|ownership|capture|diagnose|checkpoint)\.test\.ts$/;

/** Lists the op suite and the tests of optimisers by their paths in `source`, sorted. */
export function listTestFiles(source: string): string[] {
  return folders
    .flatMap((folder) =>
      readdirSync(join(source, folder), { recursive: true, encoding: "utf8" }).map((name) =>
        join(folder, name),
      ),
    )
    .filter((file) => file.endsWith(".test.ts") && !skipped.test(file))
    .toSorted();
}
