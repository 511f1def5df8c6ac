/** @file The WGSL of elementwise kernels, as files. */

import { describe, expect, it } from "vitest";
import { assemble } from "../../kernel/assemble.ts";
import type { KernelSpec } from "../../kernel/kernelSpec.ts";
import { binaryBackward, binaryForward } from "./binary.wgsl.ts";
import { unaryBackward, unaryForward } from "./unary.wgsl.ts";

const kernels: Readonly<Record<string, KernelSpec>> = {
  "div.forward": binaryForward({ name: "div", dtype: "f32" }),
  "div.backward.b": binaryBackward({ name: "div", dtype: "f32", side: "db" }),
  "add.forward.f16": binaryForward({ name: "add", dtype: "f16" }),
  "gelu.forward": unaryForward({ name: "gelu", dtype: "f32" }),
  "gelu.backward.x": unaryBackward({ name: "gelu", dtype: "f32" }),
  "geluErf.backward.x.f16": unaryBackward({ name: "geluErf", dtype: "f16" }),
  "pow.forward": unaryForward({ name: "pow", dtype: "f32" }),
};

describe("WGSL of elementwise ops", () => {
  it.each(Object.entries(kernels))("%s is as reviewed", async (name, kernel) => {
    await expect(assemble(kernel)).toMatchFileSnapshot(`../__wgsl__/${name}.wgsl`);
  });
});
