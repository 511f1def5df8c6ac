/** @file The WGSL of windows, as files. */

import { describe, expect, it } from "vitest";
import { assemble } from "../../kernel/assemble.ts";
import type { KernelSpec } from "../../kernel/kernelSpec.ts";
import { unfoldBackward, unfoldKernel } from "./unfold.wgsl.ts";

const kernels: Readonly<Record<string, KernelSpec>> = {
  "unfold.forward": unfoldKernel,
  "unfold.backward.x": unfoldBackward,
};

describe("WGSL of windows", () => {
  it.each(Object.entries(kernels))("%s is as reviewed", async (name, kernel) => {
    await expect(assemble(kernel)).toMatchFileSnapshot(`../__wgsl__/${name}.wgsl`);
  });
});
