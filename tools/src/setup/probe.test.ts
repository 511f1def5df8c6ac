/** @file Tests of the probe, with the drivers that this package can provide by itself. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { probe } from "./probe.ts";
import { unpackSwiftShader } from "./unpackSwiftShader.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "candor-probe-test-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.runIf(process.platform === "linux" && process.arch === "x64")("probe", () => {
  it("opens SwiftShader out of the npm package, computes and times", async () => {
    const manifest = unpackSwiftShader(join(folder, "swiftshader"));
    const result = await probe({ VK_ICD_FILENAMES: manifest, VK_DRIVER_FILES: undefined }, 2);
    // Without a Vulkan loader on the machine or beside Dawn no driver can open; set-up places one then.
    if (!result.ok) throw new Error(result.why);
    expect(result.report).toMatchObject({ vendor: "google", architecture: "swiftshader", software: true });
    expect(result.report.gflops).toHaveLength(2);
    for (const rate of result.report.gflops) expect(rate).toBeGreaterThan(0);
  });

  it("says why a driver that is none does not open", async () => {
    const manifest = join(folder, "broken.json");
    const icd = { library_path: "./no-such-library.so", api_version: "1.0.5" };
    writeFileSync(manifest, JSON.stringify({ file_format_version: "1.0.0", ICD: icd }));
    const result = await probe({ VK_ICD_FILENAMES: manifest, VK_DRIVER_FILES: undefined });
    expect(result).toEqual({ ok: false, why: expect.stringContaining("no WebGPU adapter") });
  });
});
