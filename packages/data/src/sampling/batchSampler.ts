/** @file Batches balanced over data sets, classes and attacks, whose position is the step's number and nothing else. */
import type { Attack, ManifestRow } from "../manifest/manifest.ts";
import { createRandom, permutation } from "./random.ts";
import { streams } from "./streams.ts";

/** The pools that batches are drawn from. */
export interface BatchSampler {
  seed: number;
  batchSize: number;
  /** One entry a data set, in alphabetical order. */
  datasets: readonly DatasetPools[];
  /** The latest order of each pool: kept for speed only, and the same when it is computed anew. */
  orders: Map<number, { epoch: number; order: Uint32Array }>;
}

/** The rows of one data set, by what they show. */
interface DatasetPools {
  name: string;
  /** Absent where only spoof rows are drawn. */
  live: Pool | undefined;
  /** One pool an attack, in alphabetical order of the attacks. */
  spoof: readonly Pool[];
}

interface Pool {
  /** Place among the pools of all data sets. */
  index: number;
  /** Indices into the rows that the sampler was made of. */
  rows: Uint32Array;
}

/**
 * Sorts the rows into one pool of live frames and one of each attack, a data set at a time: a small data set counts as
 * much as a large one, live as much as spoof, and a rare attack as much as a common one.
 * @param rows the rows of a training split; a batch holds indices into them
 * @param seed the run's seed
 * @param batchSize samples a batch; with twice the number of data sets, or a multiple, every batch is balanced by itself
 * @param drawn both classes in turn, or spoof rows alone, as where captions of attacks are learnt and no judgment
 * @throws Error if live or spoof rows of a data set are missing, RangeError if the batch size is no positive integer
 */
export function createBatchSampler(
  rows: readonly Pick<ManifestRow, "dataset" | "label" | "attack">[],
  seed: number,
  batchSize: number,
  drawn: "both" | "spoof" = "both",
): BatchSampler {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new RangeError(`[batchSampler] batchSize must be a positive integer, got ${batchSize}`);
  }
  if (rows.length === 0) throw new Error("[batchSampler] there are no rows");
  const members = new Map<string, Map<Attack, number[]>>();
  for (const [i, { dataset, attack }] of rows.entries()) {
    const byAttack = members.get(dataset) ?? new Map<Attack, number[]>();
    members.set(dataset, byAttack);
    const pool = byAttack.get(attack);
    if (pool) pool.push(i);
    else byAttack.set(attack, [i]);
  }
  let index = 0;
  const pool = (indices: number[]): Pool => ({ index: index++, rows: Uint32Array.from(indices) });
  const datasets = [...members.keys()].toSorted().map((name): DatasetPools => {
    const { none: live = [], ...byAttack } = Object.fromEntries(members.get(name) ?? []) as Partial<
      Record<Attack, number[]>
    >;
    const spoof = Object.keys(byAttack).toSorted() as (keyof typeof byAttack)[];
    if (drawn === "spoof" && spoof.length > 0) {
      return { name, live: undefined, spoof: spoof.map((attack) => pool(byAttack[attack] ?? [])) };
    }
    if (live.length === 0 || spoof.length === 0) {
      throw new Error(
        `[batchSampler] balanced batches need live and spoof rows of ${name}, which has no ${live.length === 0 ? "live" : "spoof"} rows`,
      );
    }
    return { name, live: pool(live), spoof: spoof.map((attack) => pool(byAttack[attack] ?? [])) };
  });
  return { seed, batchSize, datasets, orders: new Map() };
}

/**
 * The rows of one step: data sets in turn, live and spoof in turn in each, the attacks in turn among the spoofs, and
 * each pool in a new order each time it has been gone through. A pool is exhausted before any of its rows comes again.
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
  const { batchSize, datasets } = sampler;
  return Uint32Array.from({ length: batchSize }, (_, slot) => {
    const drawn = step * batchSize + slot;
    const { live, spoof } = datasets[drawn % datasets.length] as DatasetPools;
    const ofDataset = Math.floor(drawn / datasets.length);
    const turn = live ? Math.floor(ofDataset / 2) : ofDataset;
    if (live && ofDataset % 2 === 0) return rowOf(sampler, live, turn);
    return rowOf(sampler, spoof[turn % spoof.length] as Pool, Math.floor(turn / spoof.length));
  });
}

/** The row that a pool gives at its turn-th draw. */
function rowOf(sampler: BatchSampler, { index, rows }: Pool, turn: number): number {
  const epoch = Math.floor(turn / rows.length);
  let kept = sampler.orders.get(index);
  if (kept?.epoch !== epoch) {
    const random = createRandom(sampler.seed, streams.pool, index, epoch);
    kept = { epoch, order: permutation(random, rows.length) };
    sampler.orders.set(index, kept);
  }
  return rows[kept.order[turn % rows.length] as number] as number;
}
