/** @file Goes through the crops of a folder once, as training does, without a model: how fast data can be given. */
import type { Augmentation } from "../sampling/augmentBatch.ts";
import { batchAt, createBatchSampler } from "../sampling/batchSampler.ts";
import { trainingBatch } from "../sampling/trainingBatch.ts";
import { readShards } from "./readShards.ts";

/** What to read. */
export interface ReadEpochOptions {
  /** Folder of the shards. */
  readonly shards: string;
  readonly split: string;
  readonly batchSize: number;
  readonly seed: number;
  readonly augmentation: Readonly<Augmentation>;
  /** Bytes of pixels that may stay in memory. */
  readonly memory?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What an epoch took. */
export interface EpochCost {
  readonly samples: number;
  /** Edge of a crop in pixels. */
  readonly size: number;
  readonly openSeconds: number;
  readonly readSeconds: number;
  readonly samplesPerSecond: number;
  /** Mean of all normalised values: that of a whole pass says that the pixels were there. */
  readonly mean: number;
}

/**
 * Draws, augments and normalises as many samples as the split has, in whole batches.
 *
 * @throws Error if the folder has no crops of the split, or of one class only
 */
export async function readEpoch(options: ReadEpochOptions): Promise<EpochCost> {
  const { shards, split, batchSize, seed, augmentation, memory, onProgress } = options;
  const begun = performance.now();
  const set = await readShards(shards, {
    keep: (row) => row.split === split,
    ...(memory === undefined ? {} : { memory }),
  });
  const sampler = createBatchSampler(set.rows, seed, batchSize);
  const opened = performance.now();
  const steps = Math.ceil(set.count / batchSize);
  const planes = new Float32Array(batchSize * 3 * set.size ** 2); // [B, 3, S, S]
  let sum = 0;
  for (let step = 0; step < steps; step++) {
    await trainingBatch(set, batchAt(sampler, step), { seed, step }, augmentation, planes);
    for (const value of planes) sum += value;
    onProgress?.(step + 1, steps);
  }
  const ended = performance.now();
  const samples = steps * batchSize;
  return {
    samples,
    size: set.size,
    openSeconds: (opened - begun) / 1000,
    readSeconds: (ended - opened) / 1000,
    samplesPerSecond: (1000 * samples) / (ended - opened),
    mean: sum / (steps * planes.length),
  };
}
