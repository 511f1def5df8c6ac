/** @file Batches that are balanced over data sets and classes, whose position is the step's number and nothing else. */
import type { ManifestRow } from "../manifest/manifest.ts";
import { createRandom, permutation } from "../sampling/random.ts";
import { streams } from "../sampling/streams.ts";

/** The pools that batches are drawn from. */
export interface DomainSampler {
  seed: number;
  batchSize: number;
  /** What each pool holds: data set and label, in alphabetical order. */
  names: readonly string[];
  /** Row indices. */
  pools: readonly Uint32Array[];
  /** The latest order of each pool: kept for speed only, and the same when it is computed anew. */
  orders: Map<number, { epoch: number; order: Uint32Array }>;
}

/**
 * Sorts rows into one pool a data set and label, as FLIP and SSDG draw from them: a small data set counts as much as a
 * large one, and live as much as spoof.
 * @param rows the rows of a training split
 * @param seed the run's seed
 * @param batchSize samples a batch; a multiple of the number of pools makes every batch balanced by itself
 * @throws Error if a data set lacks live or spoof rows, RangeError if the batch size is no positive integer
 */
export function createDomainSampler(
  rows: readonly Pick<ManifestRow, "dataset" | "label">[],
  seed: number,
  batchSize: number,
): DomainSampler {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new RangeError(`[domainSampler] batchSize must be a positive integer, got ${batchSize}`);
  }
  const pools = new Map<string, number[]>();
  for (const [index, { dataset, label }] of rows.entries()) {
    const pool = pools.get(`${dataset} ${label}`);
    if (pool) pool.push(index);
    else pools.set(`${dataset} ${label}`, [index]);
  }
  for (const dataset of new Set(rows.map((row) => row.dataset))) {
    for (const label of ["live", "spoof"]) {
      if (!pools.has(`${dataset} ${label}`)) {
        throw new Error(
          `[domainSampler] ${dataset} has no ${label} rows; balanced batches need both of each data set`,
        );
      }
    }
  }
  if (pools.size === 0) throw new Error("[domainSampler] there are no rows");
  const names = [...pools.keys()].toSorted();
  return {
    seed,
    batchSize,
    names,
    pools: names.map((name) => Uint32Array.from(pools.get(name) as number[])),
    orders: new Map(),
  };
}

/**
 * The rows of one step: the pools in turn, each in a new order each time it has been gone through. The result depends
 * on the rows, the seed, the batch size and the step alone.
 * @param sampler the pools
 * @param step the training step, from 0
 * @returns Uint32Array [batchSize], indices of rows
 */
export function domainBatchAt(sampler: DomainSampler, step: number): Uint32Array {
  if (!Number.isSafeInteger(step) || step < 0) {
    throw new RangeError(`[domainSampler] step must be a non-negative integer, got ${step}`);
  }
  const { batchSize, pools } = sampler;
  return Uint32Array.from({ length: batchSize }, (_, slot) => {
    const drawn = step * batchSize + slot;
    const pool = drawn % pools.length;
    const turn = Math.floor(drawn / pools.length);
    const rows = pools[pool] as Uint32Array;
    const epoch = Math.floor(turn / rows.length);
    let kept = sampler.orders.get(pool);
    if (kept?.epoch !== epoch) {
      kept = {
        epoch,
        order: permutation(createRandom(sampler.seed, streams.pool, pool, epoch), rows.length),
      };
      sampler.orders.set(pool, kept);
    }
    return rows[kept.order[turn % rows.length] as number] as number;
  });
}
