/** @file The WGSL of embedding and gather, as files. */

import { describe, expect, it } from "vitest";
import { assemble } from "../../kernel/assemble.ts";
import type { KernelSpec } from "../../kernel/kernelSpec.ts";
import { countIds, embeddingForward, placeIds, scanCounts, sumRows } from "./embedding.wgsl.ts";
import { gatherBackward, gatherKernel } from "./gather.wgsl.ts";

const kernels: Readonly<Record<string, KernelSpec>> = {
  "embedding.forward.quads": embeddingForward({ element: "vec4<u32>" }),
  "embedding.backward.count": countIds,
  "embedding.backward.scan": scanCounts,
  "embedding.backward.place": placeIds,
  "embedding.backward.weight.quads": sumRows(true),
  "embedding.backward.weight.scalars": sumRows(false),
  "gather.forward": gatherKernel,
  "gather.backward.x": gatherBackward,
};

describe("WGSL of embedding and gather", () => {
  it.each(Object.entries(kernels))("%s is as reviewed", async (name, kernel) => {
    await expect(assemble(kernel)).toMatchFileSnapshot(`../__wgsl__/${name}.wgsl`);
  });
});
