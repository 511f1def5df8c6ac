/** @file The WGSL of the optimisers, as files: read in review, compiled by `nx run tools:wgsl`. */

import { describe, expect, it } from "vitest";
import { assemble } from "../kernel/assemble.ts";
import { finishNorm, sumSquares, updateAdamW } from "./adamW.wgsl.ts";
import { unscaleKernel } from "./lossScaler.wgsl.ts";
import { clipKernel } from "./gradNorm.wgsl.ts";
import { updateMomentum, updateSgd } from "./sgd.wgsl.ts";

describe("WGSL of the optimisers", () => {
  const update = updateAdamW({ count: 2, coupled: false });
  it.each([sumSquares(2), finishNorm, update, updateSgd(2), unscaleKernel, clipKernel])(
    "$label is as reviewed",
    async (kernel) => {
      await expect(assemble(kernel)).toMatchFileSnapshot(`__wgsl__/${kernel.label}.wgsl`);
    },
  );

  it("coupled decay of adamW.update is as reviewed", async () => {
    const kernel = updateAdamW({ count: 2, coupled: true });
    await expect(assemble(kernel)).toMatchFileSnapshot(`__wgsl__/${kernel.label}.coupled.wgsl`);
  });

  it.each(["none", "heavyBall", "nesterov"] as const)("sgd.momentum of %s is as reviewed", async (form) => {
    const kernel = updateMomentum({ count: 2, form });
    await expect(assemble(kernel)).toMatchFileSnapshot(`__wgsl__/${kernel.label}.${form}.wgsl`);
  });
});
