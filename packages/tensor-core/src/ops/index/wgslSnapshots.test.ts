/** @file The WGSL of embedding and gather, as files. */

import { describe, expect, it } from "vitest";
import { assemble } from "../../kernel/assemble.ts";
import type { KernelSpec } from "../../kernel/kernelSpec.ts";
import { countIds, embeddingForward, placeIds, scanCounts, shiftIds, sumRows } from "./embedding.wgsl.ts";
import { gatherBackward, gatherBackwardInWindows, gatherInWindows, gatherKernel } from "./gather.wgsl.ts";

const kernels: Readonly<Record<string, KernelSpec>> = {
  "embedding.forward.quads": embeddingForward({ element: "vec4<u32>" }),
  "embedding.backward.count": countIds,
  "embedding.backward.scan": scanCounts,
  "embedding.backward.place": placeIds,
  "embedding.backward.weight.quads": sumRows({ quads: true }),
  "embedding.backward.weight.scalars": sumRows({ quads: false }),
  "embedding.backward.weight.onto": sumRows({ quads: true, onto: true }),
  "embedding.backward.shift": shiftIds,
  "gather.forward": gatherKernel,
  "gather.backward.x": gatherBackward,
  "gather.forward.windows": gatherInWindows,
  "gather.backward.x.windows": gatherBackwardInWindows,
};

describe("WGSL of embedding and gather", () => {
  it.each(Object.entries(kernels))("%s is as reviewed", async (name, kernel) => {
    await expect(assemble(kernel)).toMatchFileSnapshot(`../__wgsl__/${name}.wgsl`);
  });
});
