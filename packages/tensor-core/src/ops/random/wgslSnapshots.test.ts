/** @file The WGSL of random numbers, as files. */

import { describe, expect, it } from "vitest";
import { assemble } from "../../kernel/assemble.ts";
import type { KernelSpec } from "../../kernel/kernelSpec.ts";
import { dropoutKernel, fillRandom } from "./random.wgsl.ts";

const kernels: Readonly<Record<string, KernelSpec>> = {
  "random.normal": fillRandom({ kind: "normal" }),
  dropout: dropoutKernel({ dtype: "f32" }),
};

describe("WGSL of random numbers", () => {
  it.each(Object.entries(kernels))("%s is as reviewed", async (name, kernel) => {
    await expect(assemble(kernel)).toMatchFileSnapshot(`../__wgsl__/${name}.wgsl`);
  });
});
