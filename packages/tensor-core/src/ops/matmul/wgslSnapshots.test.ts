/** @file The WGSL of the matmul kernels in a few instances, as files: read in review, compiled by `nx run tools:wgsl`. */

import { describe, expect, it } from "vitest";
import { assemble } from "../../kernel/assemble.ts";
import type { KernelSpec } from "../../kernel/kernelSpec.ts";
import { matmulKernel } from "./matmul.wgsl.ts";
import { epilogueBackward } from "./matmulEpilogue.wgsl.ts";
import { type MatmulVariant, plainEpilogue } from "./matmulVariant.ts";

const product: MatmulVariant = {
  tiling: { kind: "broadcast", rows: 16, lanes: 8 },
  epilogue: plainEpilogue,
  transposeA: false,
  transposeB: true,
  quadsA: true,
  quadsB: true,
  quadsY: true,
  halfA: false,
  halfB: false,
  wholeDepth: true,
  sums: false,
};
const weightGradient = { ...product, transposeA: true, transposeB: false, sums: true };
const ragged = { quadsA: false, quadsB: false, quadsY: false, wholeDepth: false };
const gated = { bias: true, activation: "silu", keepsInput: true, gate: true, residual: true } as const;

const by2 = { ...product.tiling, step: 2 } as const;

const kernels: Readonly<Record<string, KernelSpec>> = {
  "matmul.broadcast": matmulKernel({ ...product, epilogue: { ...plainEpilogue, bias: true } }),
  "matmul.broadcast.optional": matmulKernel({
    ...product,
    epilogue: { ...plainEpilogue, bias: true, residual: true, optional: true },
  }),
  "matmul.broadcast.sums": matmulKernel(weightGradient),
  "matmul.broadcast.gated": matmulKernel({
    ...product,
    tiling: { kind: "broadcast", rows: 8, lanes: 4 },
    epilogue: gated,
  }),
  "matmul.broadcast.by2": matmulKernel({ ...product, tiling: by2 }),
  "matmul.broadcast.by2.sums": matmulKernel({ ...weightGradient, tiling: by2 }),
  "matmul.broadcast.by2.half": matmulKernel({ ...product, tiling: by2, halfA: true, halfB: true }),
  "matmul.broadcast.by2.ragged": matmulKernel({ ...product, ...ragged, tiling: by2 }),
  "matmul.register": matmulKernel({
    ...weightGradient,
    ...ragged,
    tiling: { kind: "register", rows: 4, lanes: 1 },
    epilogue: gated,
  }),
  "matmul.element": matmulKernel({ ...product, tiling: { kind: "element", rows: 1, lanes: 1 } }),
  "matmul.element.gated": matmulKernel({
    ...product,
    tiling: { kind: "element", rows: 1, lanes: 1 },
    epilogue: gated,
  }),
  "matmul.tile": matmulKernel({ ...product, ...ragged, tiling: { kind: "tile", rows: 4, lanes: 1 } }),
  "matmul.tile.sums": matmulKernel({ ...weightGradient, tiling: { kind: "tile", rows: 8, lanes: 1 } }),
  "matmul.broadcast.half": matmulKernel({ ...product, halfA: true, halfB: true }),
  "matmul.broadcast.nativeHalf": matmulKernel({
    ...product,
    tiling: { ...product.tiling, nativeHalves: true },
    halfB: true,
  }),
  "matmul.matrix.half": matmulKernel({
    ...product,
    tiling: {
      kind: "matrix",
      rows: 32,
      lanes: 32,
      unit: { m: 16, n: 8, k: 16, component: "f16" },
      nativeHalves: true,
    },
    epilogue: gated,
    halfA: true,
    halfB: true,
  }),
  "matmul.matrix.sums": matmulKernel({
    ...weightGradient,
    ...ragged,
    tiling: { kind: "matrix", rows: 32, lanes: 32, unit: { m: 8, n: 8, k: 8, component: "f32" } },
  }),
  "matmul.backward.epilogue": epilogueBackward({ activation: "gelu", gate: true }),
};

describe("WGSL of matmul", () => {
  it.each(Object.entries(kernels))("%s is as reviewed", async (name, kernel) => {
    await expect(assemble(kernel)).toMatchFileSnapshot(`../__wgsl__/${name}.wgsl`);
  });
});
