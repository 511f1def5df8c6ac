/** @file The first stream word of each use of the run's seed, so that no two uses share numbers. */

/** Who draws from the seed. */
export const streams = { epoch: 1, pool: 2, augment: 3, firstView: 4, secondView: 5, compress: 6 } as const;
