/** @file Dawn is made again where it failed. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { provideGpu } from "./provideGpu.ts";

it("is tried again once what was in the way is gone", async () => {
  const folder = mkdtempSync(join(tmpdir(), "adapter-"));
  const cwd = vi.spyOn(process, "cwd").mockReturnValue(folder);
  onTestFinished(() => {
    cwd.mockRestore();
    rmSync(folder, { recursive: true });
  });
  const file = join(folder, ".candor", "adapter.json");
  mkdirSync(join(folder, ".candor"));
  writeFileSync(file, "{");
  const flags = ["backend=null", "backend=null"];
  await expect(provideGpu(flags)).rejects.toThrow(`${file} is not JSON; delete it and run "npm run setup"`);
  rmSync(file);
  const gpu = await provideGpu(flags);
  expect(await provideGpu(flags)).toBe(gpu);
});
