/** @file The WGSL of the layout kernels, as files. */

import { describe, expect, it } from "vitest";
import { assemble } from "../../kernel/assemble.ts";
import type { KernelSpec } from "../../kernel/kernelSpec.ts";
import { castKernel } from "./cast.wgsl.ts";
import { addSliceInWindows, addSliceKernel, insertKernel, padKernel } from "./pad.wgsl.ts";
import { partsKernel } from "./parts.wgsl.ts";
import { stridedCopyKernel } from "./strided.wgsl.ts";

const kernels: Readonly<Record<string, KernelSpec>> = {
  "cast.f32.f16": castKernel("f32", "f16"),
  "layout.pad": padKernel({ element: "vec4<u32>" }),
  "slice.backward.x": addSliceKernel({ quads: true }),
  "layout.insert": insertKernel({ element: "u32" }),
  "slice.backward.x.windows": addSliceInWindows({ quads: true }),
  "layout.join3": partsKernel({ parts: 3, element: "vec4<u32>", join: true }),
  "layout.split2.f16": partsKernel({ parts: 2, element: "vec2<u32>", join: false }),
  "layout.stridedCopy1": stridedCopyKernel({ rank: 1, element: "u32" }),
  "layout.stridedCopy1.splat": stridedCopyKernel({ rank: 1, element: "vec4<u32>", splat: true }),
  "layout.stridedCopy3.windows": stridedCopyKernel({ rank: 3, element: "u32", windows: true }),
  "layout.stridedCopy4.quads": stridedCopyKernel({ rank: 4, element: "vec4<u32>" }),
  "layout.stridedCopy6": stridedCopyKernel({ rank: 6, element: "u32" }),
};

describe("WGSL of layout", () => {
  it.each(Object.entries(kernels))("%s is as reviewed", async (name, kernel) => {
    await expect(assemble(kernel)).toMatchFileSnapshot(`../__wgsl__/${name}.wgsl`);
  });
});
