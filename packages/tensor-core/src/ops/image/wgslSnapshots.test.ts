/** @file The WGSL of images, as files. */

import { describe, expect, it } from "vitest";
import { assemble } from "../../kernel/assemble.ts";
import type { KernelSpec } from "../../kernel/kernelSpec.ts";
import { imagesFromBytesKernel } from "./imagesFromBytes.wgsl.ts";

const kernels: Readonly<Record<string, KernelSpec>> = {
  imagesFromBytes: imagesFromBytesKernel,
};

describe("WGSL of images", () => {
  it.each(Object.entries(kernels))("%s is as reviewed", async (name, kernel) => {
    await expect(assemble(kernel)).toMatchFileSnapshot(`../__wgsl__/${name}.wgsl`);
  });
});
