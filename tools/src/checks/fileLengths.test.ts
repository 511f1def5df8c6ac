/** @file Tests of the file length check, and the check itself. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { workspaceRoot } from "../process/workspaceRoot.ts";
import { findLongFiles, longFiles, maxLines } from "./fileLengths.ts";

it("names files past the limit, and passes over those on the list", () => {
  const root = mkdtempSync(join(tmpdir(), "candor-lengths-"));
  try {
    mkdirSync(join(root, "packages/data/src/deep"), { recursive: true });
    writeFileSync(join(root, "packages/data/src/fits.ts"), "x;\n".repeat(maxLines));
    writeFileSync(join(root, "packages/data/src/deep/long.ts"), "x;\n".repeat(maxLines + 1));
    expect(findLongFiles(root)).toEqual([
      "packages/data/src/deep/long.ts has 401 lines; split it, 400 are the most",
    ]);
    expect(findLongFiles(root, { "packages/data/src/deep/long.ts": "a table" })).toEqual([]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

it("finds none in this workspace, with an empty list", () => {
  expect(longFiles).toEqual({});
  expect(findLongFiles(workspaceRoot)).toEqual([]);
});
