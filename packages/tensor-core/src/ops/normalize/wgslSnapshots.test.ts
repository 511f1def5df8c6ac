/** @file The WGSL of batch normalisation, as files. */

import { describe, expect, it } from "vitest";
import { assemble } from "../../kernel/assemble.ts";
import type { KernelSpec } from "../../kernel/kernelSpec.ts";
import * as kernels from "./batchNorm.wgsl.ts";

describe("WGSL of batchNorm", () => {
  it.each(Object.values<KernelSpec>(kernels).map((kernel) => [kernel.label, kernel] as const))(
    "%s is as reviewed",
    async (label, kernel) => {
      await expect(assemble(kernel)).toMatchFileSnapshot(`../__wgsl__/${label}.wgsl`);
    },
  );
});
