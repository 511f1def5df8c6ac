/** @file Kernels are compiled ahead into the driver's cache, where the driver compiles late and keeps one. */

import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { openDevice, type OpenDeviceOptions } from "../device/openDevice.ts";
import { provideGpu } from "../device/provideGpu.ts";
import { compilerAhead } from "./compileAhead.ts";
import { type KernelSpec, wgsl, write } from "./kernelSpec.ts";

const folder = mkdtempSync(join(tmpdir(), "candor-cache-"));
// Mesa reads it when an instance opens its first device; other tests of this process have instances of their own.
const options: OpenDeviceOptions = process.platform === "linux" ? { dawnFlags: ["backend=vulkan"] } : {};
const usual = process.env["MESA_SHADER_CACHE_DIR"];
process.env["MESA_SHADER_CACHE_DIR"] = folder;
const { info } = await openDevice(options);
if (usual === undefined) delete process.env["MESA_SHADER_CACHE_DIR"];
else process.env["MESA_SHADER_CACHE_DIR"] = usual;
const lavapipe = info.vendor === "mesa" && info.software;

afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => {
  vi.unstubAllEnvs();
});

const kernels: readonly KernelSpec[] = [1, 2, 3, 4, 5].map((A) => ({
  label: "test.ahead",
  workgroup: 8,
  buffers: { y: write() },
  uniforms: A === 1 ? {} : { factor: "f32" },
  constants: { A },
  body: wgsl`
@compute @workgroup_size(WG) fn main(@builtin(local_invocation_index) i: u32) {
  y[i] = f32(A) ${A === 1 ? "" : "* params.factor"};
}`,
}));

const cached = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((bytes, { parentPath, name }) => bytes + statSync(join(parentPath, name)).size, 0);

/** A device whose submit ends when the test says so. */
function busy() {
  const submit = { end: (): void => undefined };
  const work = new Promise<void>((resolve) => {
    submit.end = resolve;
  });
  const gpu = { queue: { onSubmittedWorkDone: () => work } } as unknown as GPUDevice;
  return { gpu, submit };
}

describe.runIf(lavapipe && !process.env["MESA_SHADER_CACHE_DISABLE"])("on lavapipe", () => {
  it("fills the cache while a submit lasts", async () => {
    const { gpu, submit } = busy();
    const before = cached();
    compilerAhead(gpu, info, options)?.(kernels);
    await expect.poll(cached, { timeout: 20_000, interval: 50 }).toBeGreaterThan(before);
    submit.end();
  });

  it("leaves alone what is done soon, and few kernels", async () => {
    const { gpu, submit } = busy();
    const request = vi.spyOn(await provideGpu(options.dawnFlags), "requestAdapter");
    const ahead = compilerAhead(gpu, info, options);
    ahead?.(kernels.slice(0, 3));
    ahead?.(kernels);
    submit.end();
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(request).not.toHaveBeenCalled();
  });
});

it("is not for drivers that compile at once or keep no cache", () => {
  const { gpu } = busy();
  expect(compilerAhead(gpu, { ...info, vendor: "google" }, {})).toBeUndefined();
  vi.stubEnv("MESA_SHADER_CACHE_DISABLE", "true");
  expect(compilerAhead(gpu, { ...info, vendor: "mesa", software: true }, {})).toBeUndefined();
});
