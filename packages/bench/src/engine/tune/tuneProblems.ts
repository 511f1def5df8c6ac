/** @file The products that `nx run bench:tune` measures. */

import type { MatmulProblem } from "@candor/tensor-core";
import type { MatmulCase } from "../peers/benchCase.ts";

/** How the operands of a product may be stored: forward of a linear layer, its gradients by x and by the weight. */
export const storages = ["nt", "nn", "tn"] as const;

/** The starter's layers, tiny-ViT's, one token of a decoder, and the engine's four benchmark shapes. */
export const usualProducts: readonly MatmulCase[] = (
  [
    [2080, 64, 64],
    [2080, 64, 256],
    [2080, 256, 64],
    [64, 2080, 64],
    [64, 2080, 256],
    [224, 64, 64],
    [512, 128, 384],
    [512, 512, 128],
    [128, 512, 512],
    [1, 576, 1536],
    [512, 512, 512],
    [1024, 1024, 1024],
    [1576, 768, 768],
    [1576, 768, 3072],
  ] as const
).map(([m, k, n]) => ({ kind: "matmul", m, k, n }));

/** Each product in each storage, both operands of one dtype. */
export function problemsOf(
  products: readonly MatmulCase[],
  kinds: readonly string[],
  dtype: "f32" | "f16" = "f32",
): MatmulProblem[] {
  return products.flatMap(({ m, k, n }) =>
    kinds.map((kind) => ({
      rows: m,
      columns: n,
      depth: k,
      batches: 1,
      transposeA: kind[0] === "t",
      transposeB: kind[1] === "t",
      halfA: dtype === "f16",
      halfB: dtype === "f16",
    })),
  );
}
