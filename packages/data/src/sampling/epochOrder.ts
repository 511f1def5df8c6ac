/** @file The order of one epoch, from the seed and the epoch's number alone. */
import { createRandom, permutation } from "./random.ts";
import { streams } from "./streams.ts";

/**
 * The order in which an epoch visits its samples.
 * @param seed the run's seed
 * @param epoch from 0
 * @param count how many samples there are
 * @returns Uint32Array [count], a permutation of 0 .. count-1
 */
export function epochOrder(seed: number, epoch: number, count: number): Uint32Array {
  return permutation(createRandom(seed, streams.epoch, epoch), count);
}
