/** @file Measures the tilings of matmul on a device and notes the fastest by shape class. */

import { compareVariants } from "../../kernel/compareVariants.ts";
import { full } from "../../tensor/create.ts";
import type { Device } from "../../tensor/device.ts";
import { holdingTensors } from "../../tensor/holdingTensors.ts";
import { agreeingTilings } from "./agreeingTilings.ts";
import { matmul } from "./matmul.ts";
import { tilingName } from "./matmulVariant.ts";
import {
  defaultTiling,
  isSmall,
  matmulFamily,
  matmulRevision,
  type MatmulProblem,
  shapeClass,
  tilingsFor,
  withTiling,
} from "./tilings.ts";

/** What was measured for one product, and what follows. */
export interface TunedProduct {
  readonly problem: MatmulProblem;
  readonly shapeClass: string;
  /** The best time of each tiling, the fastest first. */
  readonly tried: readonly { readonly tiling: string; readonly ms: number; readonly gflops: number }[];
  /** What would be used without tuning. */
  readonly untuned: string;
  readonly chosen: string;
}

/**
 * Tries every tiling on each product and notes the fastest in `device.tuning`, for products of the same shape class.
 *
 * A tiling must beat the default by 5 %, so that noise changes nothing. Tilings take turns, and the best of `repeats`
 * counts.
 */
export async function tuneMatmul(
  device: Device,
  problems: readonly MatmulProblem[],
  { repeats = 7 }: { readonly repeats?: number } = {},
): Promise<TunedProduct[]> {
  const tuned: TunedProduct[] = [];
  for (const problem of problems) tuned.push(await tuneProduct(device, problem, repeats));
  return tuned;
}

async function tuneProduct(device: Device, problem: MatmulProblem, repeats: number): Promise<TunedProduct> {
  const { rows, columns, depth, batches, transposeA, transposeB } = problem;
  const batch = batches === 1 ? [] : [batches];
  const operand = (shape: readonly number[], half: boolean | undefined) =>
    full(device, [...batch, ...shape], 0.5, half ? "f16" : "f32");
  const operands = () => ({
    a: operand(transposeA ? [depth, rows] : [rows, depth], problem.halfA),
    b: operand(transposeB ? [columns, depth] : [depth, columns], problem.halfB),
  });
  const tilings = await agreeingTilings(device, tilingsFor(device.info, problem), problem);
  const worthTrying = tilings.filter(({ kind }) => kind !== "element" || isSmall(problem));
  const untuned = tilingName(defaultTiling(device.info, problem));
  const { tried, chosen } = await holdingTensors(device, operands, ({ a, b }) => {
    const candidates = worthTrying.map((tiling) => ({
      name: tilingName(tiling),
      record: () => withTiling(device, tiling, () => matmul(a, b, { transposeA, transposeB })).dispose(),
    }));
    return compareVariants(device, candidates, untuned, repeats);
  });
  device.tuning.set(matmulFamily(problem), matmulRevision(device.info, problem), shapeClass(problem), chosen);
  const operations = 2 * rows * columns * depth * batches;
  return {
    problem,
    shapeClass: shapeClass(problem),
    tried: tried.map(({ name, ms }) => ({ tiling: name, ms, gflops: operations / ms / 1e6 })),
    untuned,
    chosen,
  };
}
