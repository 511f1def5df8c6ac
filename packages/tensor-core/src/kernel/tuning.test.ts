/** @file Tuned choices: kept by adapter and revision, and never in the way. */

import { mkdtempSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { DeviceInfo } from "../device/openDevice.ts";
import { Tuning } from "./tuning.ts";
import { readTuning, writeTuning } from "./tuningFile.ts";

const info: DeviceInfo = {
  vendor: "v",
  architecture: "a",
  description: "d 1.0",
  software: true,
  subgroupMinSize: 8,
  subgroupMaxSize: 8,
  threads: "4",
  features: new Set(),
};

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "candor-tuning-"));
  mkdirSync(join(folder, ".candor"));
  mkdirSync(join(folder, "below"));
  vi.spyOn(process, "cwd").mockReturnValue(join(folder, "below"));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

it("gives back what was kept for the adapter and the revision, and nothing else", async () => {
  const tuning = new Tuning();
  tuning.set("matmul", "old", "m1", "dropped");
  tuning.set("matmul", "r1", "m1", "tile4");
  await writeTuning(info, tuning);
  const read = await readTuning(info);
  expect(read.get("matmul", "r1", "m1")).toBe("tile4");
  expect(read.get("matmul", "r2", "m1")).toBeUndefined();
  expect(read.get("matmul", "r1", "m2")).toBeUndefined();
  expect((await readTuning({ ...info, description: "d 1.1" })).has("matmul")).toBe(false);
  expect(readdirSync(join(folder, ".candor", "tuning"))).toHaveLength(1);
});

it.each([
  ["{", "Expected property name"],
  ["null", "Cannot read properties of null"],
  ['{"adapter":"another","families":{}}', "it is of the adapter another"],
  [
    '{"adapter":"v | a | d 1.0 | 4 | 8 | 8","families":{"matmul":{"revision":"r","choices":{"m1":4}}}}',
    "the choices for matmul are no names of variants",
  ],
  ['{"adapter":"v | a | d 1.0 | 4 | 8 | 8","families":{"matmul":null}}', "null"],
])("a file that holds %s is ignored, with a warning", async (text, why) => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const file = await writeTuning(info, new Tuning());
  writeFileSync(file, text);
  expect((await readTuning(info)).has("matmul")).toBe(false);
  expect(warn).toHaveBeenCalledOnce();
  expect(warn.mock.calls[0]?.[0]).toContain(why);
  expect(warn.mock.calls[0]?.[0]).toContain(file);
});
