/** @file The commit that scores are made with. */

import { execFileSync } from "node:child_process";

/** The short commit, with `-dirty` where the tree differs from it; `"unknown"` outside a git checkout. */
export function currentCommit(): string {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty", "--exclude=*"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "unknown";
  }
}
