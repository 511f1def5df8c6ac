/** @file Measures the tilings of matmul on a device and notes the fastest by shape class. */

import { full } from "../../tensor/create.ts";
import type { Device } from "../../tensor/device.ts";
import { agreeingTilings } from "./agreeingTilings.ts";
import { matmul } from "./matmul.ts";
import { tilingName } from "./matmulVariant.ts";
import {
  defaultTiling,
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

/** How much faster than the default another tiling must be. */
const margin = 0.95;
/** Milliseconds that one measurement takes at least: several runs, where one is shorter. */
const leastMs = 4;

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
  using _scope = device.scope();
  const { rows, columns, depth, batches, transposeA, transposeB } = problem;
  const batch = batches === 1 ? [] : [batches];
  const a = full(
    device,
    [...batch, ...(transposeA ? [depth, rows] : [rows, depth])],
    0.5,
    problem.halfA ? "f16" : "f32",
  );
  const b = full(
    device,
    [...batch, ...(transposeB ? [columns, depth] : [depth, columns])],
    0.5,
    problem.halfB ? "f16" : "f32",
  );
  const time = async (candidate: Candidate, runs: number): Promise<number> => {
    await device.synchronize();
    const started = performance.now();
    for (let i = 0; i < runs; i++) {
      withTiling(device, candidate.tiling, () => matmul(a, b, { transposeA, transposeB })).dispose();
    }
    await device.synchronize();
    return (performance.now() - started) / runs;
  };
  const tilings = await agreeingTilings(device, tilingsFor(device.info, problem), problem);
  const candidates: Candidate[] = tilings.map((tiling) => ({
    tiling,
    name: tilingName(tiling),
    ms: Number.POSITIVE_INFINITY,
  }));
  // The first run compiles.
  for (const candidate of candidates) await time(candidate, 1);
  for (const candidate of candidates) candidate.ms = await time(candidate, 1);
  const untuned = tilingName(defaultTiling(device.info, problem));
  const best = () => Math.min(...candidates.map(({ ms }) => ms));
  const runs = Math.max(1, Math.ceil(leastMs / best()));
  for (let i = 0; i < repeats; i++) {
    // What takes twice as long needs no exact time; but what others are measured against always does.
    for (const candidate of candidates.filter(({ ms, name }) => name === untuned || ms < 2 * best())) {
      candidate.ms = Math.min(candidate.ms, await time(candidate, runs));
    }
  }
  candidates.sort((one, other) => one.ms - other.ms);
  const usual = candidates.find(({ name }) => name === untuned);
  const [fastest = usual] = candidates;
  const chosen = fastest && usual && fastest.ms < margin * usual.ms ? fastest.name : untuned;
  device.tuning.set(matmulFamily(problem), matmulRevision(device.info, problem), shapeClass(problem), chosen);
  const operations = 2 * rows * columns * depth * batches;
  return {
    problem,
    shapeClass: shapeClass(problem),
    tried: candidates.map(({ name, ms }) => ({ tiling: name, ms, gflops: operations / ms / 1e6 })),
    untuned,
    chosen,
  };
}

interface Candidate {
  readonly tiling: Parameters<typeof tilingName>[0];
  readonly name: string;
  ms: number;
}
