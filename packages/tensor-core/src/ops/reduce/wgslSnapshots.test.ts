/** @file The WGSL of argmax and cumsum, as files. */

import { describe, expect, it } from "vitest";
import { assemble } from "../../kernel/assemble.ts";
import type { KernelSpec } from "../../kernel/kernelSpec.ts";
import { argKernel } from "./argExtreme.wgsl.ts";
import { cumsumKernel } from "./cumsum.wgsl.ts";

const kernels: Readonly<Record<string, KernelSpec>> = {
  argmax: argKernel({ largest: true }),
  cumsum: cumsumKernel,
};

describe("WGSL of argmax and cumsum", () => {
  it.each(Object.entries(kernels))("%s is as reviewed", async (name, kernel) => {
    await expect(assemble(kernel)).toMatchFileSnapshot(`../__wgsl__/${name}.wgsl`);
  });
});
