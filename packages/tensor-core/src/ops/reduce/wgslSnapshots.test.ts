/** @file The WGSL of argmax, cumsum and the gradient of prod, as files. */

import { describe, expect, it } from "vitest";
import { assemble } from "../../kernel/assemble.ts";
import type { KernelSpec } from "../../kernel/kernelSpec.ts";
import { argKernel } from "./argExtreme.wgsl.ts";
import { cumsumKernel } from "./cumsum.wgsl.ts";
import { prodBackward } from "./prod.wgsl.ts";

const kernels: Readonly<Record<string, KernelSpec>> = {
  argmax: argKernel({ largest: true }),
  cumsum: cumsumKernel,
  "prod.backward.x": prodBackward,
};

describe("WGSL of argmax, cumsum and the gradient of prod", () => {
  it.each(Object.entries(kernels))("%s is as reviewed", async (name, kernel) => {
    await expect(assemble(kernel)).toMatchFileSnapshot(`../__wgsl__/${name}.wgsl`);
  });
});
