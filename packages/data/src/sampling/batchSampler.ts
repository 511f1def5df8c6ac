/** @file Class-balanced batches whose position is the step's number and nothing else. */
import type { Attack, ManifestRow } from "../manifest/manifest.ts";
import { createRandom, permutation } from "./random.ts";
import { streams } from "./streams.ts";

/** The pools that batches are drawn from. */
export interface BatchSampler {
  seed: number;
  batchSize: number;
  /** The attacks that occur, in alphabetical order. */
  attacks: readonly Attack[];
  /** Row indices: pool 0 is live, pool 1 + i is attack i. */
  pools: readonly Uint32Array[];
  /** The latest order of each pool: kept for speed only, and the same when it is computed anew. */
  orders: Map<number, { epoch: number; order: Uint32Array }>;
}

/**
 * Sorts the rows into one pool of live frames and one of each attack.
 * @param rows the rows of a training split; a batch holds indices into them
 * @param seed the run's seed
 * @param batchSize samples a batch
 * @throws Error if live or spoof rows are missing, RangeError if the batch size is no positive integer
 */
export function createBatchSampler(
  rows: readonly Pick<ManifestRow, "label" | "attack">[],
  seed: number,
  batchSize: number,
): BatchSampler {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new RangeError(`[batchSampler] batchSize must be a positive integer, got ${batchSize}`);
  }
  const byAttack = new Map<Attack, number[]>();
  for (const [index, row] of rows.entries()) {
    const pool = byAttack.get(row.attack) ?? [];
    pool.push(index);
    byAttack.set(row.attack, pool);
  }
  const live = byAttack.get("none") ?? [];
  byAttack.delete("none");
  const attacks = [...byAttack.keys()].toSorted();
  if (live.length === 0 || attacks.length === 0) {
    throw new Error(
      `[batchSampler] balanced batches need live and spoof rows, got ${live.length} live and ` +
        `${rows.length - live.length} spoof`,
    );
  }
  const pools = [live, ...attacks.map((attack) => byAttack.get(attack) as number[])];
  return { seed, batchSize, attacks, pools: pools.map((pool) => Uint32Array.from(pool)), orders: new Map() };
}

/**
 * The rows of one step: live and spoof in turn, the attacks in turn among the spoofs, and each pool in a new order
 * each time it has been gone through. A pool is exhausted before any of its rows comes again.
 *
 * The result depends on the rows, the seed, the batch size and the step alone, so a resumed run draws what the run
 * that was never stopped draws.
 * @param sampler the pools
 * @param step the training step, from 0
 * @returns Uint32Array [batchSize], indices of rows
 */
export function batchAt(sampler: BatchSampler, step: number): Uint32Array {
  if (!Number.isSafeInteger(step) || step < 0) {
    throw new RangeError(`[batchSampler] step must be a non-negative integer, got ${step}`);
  }
  const { batchSize, attacks } = sampler;
  return Uint32Array.from({ length: batchSize }, (_, slot) => {
    const drawn = step * batchSize + slot;
    const turn = Math.floor(drawn / 2);
    if (drawn % 2 === 0) return rowOf(sampler, 0, turn);
    return rowOf(sampler, 1 + (turn % attacks.length), Math.floor(turn / attacks.length));
  });
}

/** The row that a pool gives at its turn-th draw. */
function rowOf(sampler: BatchSampler, pool: number, turn: number): number {
  const rows = sampler.pools[pool] as Uint32Array;
  const epoch = Math.floor(turn / rows.length);
  let kept = sampler.orders.get(pool);
  if (kept?.epoch !== epoch) {
    const random = createRandom(sampler.seed, streams.pool, pool, epoch);
    kept = { epoch, order: permutation(random, rows.length) };
    sampler.orders.set(pool, kept);
  }
  return rows[kept.order[turn % rows.length] as number] as number;
}
