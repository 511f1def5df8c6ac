/** @file The bundle for browsers: one file, nothing of Node in it, within its budget. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { workspaceRoot } from "../process/workspaceRoot.ts";
import { bundleTensorCore } from "./bundleTensorCore.ts";

it("is one file without modules of Node, and within the budget that is recorded", async () => {
  const bundle = await bundleTensorCore();
  expect(bundle.otherFiles).toEqual([]);
  expect(bundle.imports).toEqual([]);
  expect(bundle.code).not.toMatch(/["'`]node:/);
  const record = JSON.parse(
    readFileSync(join(workspaceRoot, "packages", "tensor-core", "bundle.json"), "utf8"),
  ) as { budgetGzipBytes: number };
  expect(bundle.gzipBytes).toBeLessThanOrEqual(record.budgetGzipBytes);
});
