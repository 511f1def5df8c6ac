/** @file The WGSL of batch normalisation, as files. */

import { describe, expect, it } from "vitest";
import { assemble } from "../../kernel/assemble.ts";
import type { KernelSpec } from "../../kernel/kernelSpec.ts";
import * as batchNorm from "./batchNorm.wgsl.ts";

const [f32, f16] = [{ dtype: "f32" }, { dtype: "f16" }] as const;

const kernels: readonly KernelSpec[] = [
  batchNorm.batchNormRunning,
  batchNorm.batchNormStatisticsJoined,
  batchNorm.batchNormStatistics(f32),
  batchNorm.batchNormStatisticsPart(f16),
  batchNorm.batchNormForward(f32),
  batchNorm.batchNormForward(f16),
  batchNorm.batchNormBackwardParams({ ...f32, adds: false }),
  batchNorm.batchNormBackwardParams({ ...f16, adds: true }),
  batchNorm.batchNormBackwardX(f32),
  batchNorm.batchNormBackwardX(f16),
];

describe("WGSL of batchNorm", () => {
  it.each(kernels.map((kernel) => [kernel.label, kernel] as const))(
    "%s is as reviewed",
    async (label, kernel) => {
      await expect(assemble(kernel)).toMatchFileSnapshot(`../__wgsl__/${label}.wgsl`);
    },
  );
});
