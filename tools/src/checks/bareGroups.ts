/** @file Finds kernels that take the workgroup's number on one axis for its number in a grid that the recorder folds. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { listSourceFiles } from "./sourceFiles.ts";

/** A file that may use the number of a workgroup by axis. */
export interface AllowedGroups {
  /** Places in the file. */
  readonly uses: number;
  readonly reason: string;
}

/** Files that may, each with the reason. */
export const bareGroups: Readonly<Record<string, AllowedGroups>> = {
  "packages/tensor-core/src/kernel/wgsl/flatIndex.ts": { uses: 1, reason: "it is flatGroup" },
  "packages/tensor-core/src/optim/adamW.wgsl.ts": {
    uses: 2,
    reason: "the sums of squares of up to 7 gradients have at most 64 workgroups each",
  },
  "packages/tensor-core/src/ops/index/embedding.wgsl.ts": {
    uses: 1,
    reason: "64 chunks of the ids are counted and placed by 4 workgroups",
  },
  "packages/bench/src/engine/kernels/ceilings.ts": {
    uses: 2,
    reason: "it dispatches its probes itself, over at most 65,535 workgroups",
  },
};

/**
 * Returns the kernels of a checkout that read a number of the workgroup by axis, or the invocation's global number,
 * instead of `flatGroup(wid, nwg)`: from 65,536 workgroups on they would do some of the work twice and some not at all.
 *
 * @param root    root of the checkout
 * @param allowed files that may, relative to the root; one that has fewer or more places than it says is named too
 */
export function findBareGroups(
  root: string,
  allowed: Readonly<Record<string, AllowedGroups>> = bareGroups,
): string[] {
  const files = listSourceFiles(root).filter(
    (file) => file.startsWith("packages/") && file.endsWith(".ts") && !file.endsWith(".test.ts"),
  );
  const gone = Object.keys(allowed).filter((file) => !files.includes(file));
  return [
    ...gone.map((file) => `${file} is on the list and not there`),
    ...files.flatMap((file) => {
      const lines = readFileSync(join(root, file), "utf8").split("\n");
      const places = lines.flatMap((line, at) => (isBare(line) ? [at + 1] : []));
      const permitted = allowed[file]?.uses ?? 0;
      if (places.length === permitted) return [];
      return [
        places.length > permitted
          ? `${file}:${places.join(",")} takes the workgroup's number by axis: use flatGroup(wid, nwg), and leave where it is past the last`
          : `${file} is on the list with ${permitted} uses of the workgroup's number by axis and has ${places.length}`,
      ];
    }),
  ];
}

/** By convention `wid` is the name of the builtin workgroup_id; another name for it counts as well. */
function isBare(line: string): boolean {
  return (
    /\bwid\s*(\.[xyz]|\[)/.test(line) ||
    /@builtin\(global_invocation_id\)/.test(line) ||
    /@builtin\(workgroup_id\)\s*(?!wid\b)\w/.test(line)
  );
}
