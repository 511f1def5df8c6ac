/** @file Learning rates over the steps of a run. */

export interface WarmupCosineOptions {
  /** The highest rate, at the end of the warm-up. */
  readonly peak: number;
  /** Steps of linear growth; default 0. */
  readonly warmupSteps?: number;
  readonly totalSteps: number;
  /** The rate at the end; default 0. */
  readonly floor?: number;
}

/**
 * Linear warm-up, then half a cosine down to the floor. Loshchilov and Hutter 2016, arXiv:1608.03983, equation 5,
 * without restarts.
 *
 * @returns the rate of a step, counted from 0; `peak` at step `warmupSteps - 1`, `floor` from `totalSteps - 1` on
 * @throws RangeError if the warm-up is longer than the run
 */
export function warmupCosine(options: WarmupCosineOptions): (step: number) => number {
  const { peak, warmupSteps = 0, totalSteps, floor = 0 } = options;
  if (!(warmupSteps >= 0 && totalSteps >= 1 && warmupSteps <= totalSteps)) {
    throw new RangeError(
      `[warmupCosine] ${warmupSteps} steps of warm-up do not fit a run of ${totalSteps}: use 0 to ${totalSteps}`,
    );
  }
  return (step) => {
    if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps;
    const start = Math.max(warmupSteps - 1, 0);
    const progress = Math.min((step - start) / Math.max(totalSteps - 1 - start, 1), 1);
    return floor + 0.5 * (peak - floor) * (1 + Math.cos(Math.PI * progress));
  };
}
