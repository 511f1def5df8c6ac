/** @file Learning rates over the steps of a run: functions of the number of steps before. */

import { assertNotNegative } from "./optimizerOptions.ts";

/** @throws RangeError if the rate is no finite number >= 0 */
export function constantSchedule(rate: number): (step: number) => number {
  assertNotNegative("constantSchedule", "rate", rate);
  return () => rate;
}

export interface StepScheduleOptions {
  /** The rate at first. */
  readonly start: number;
  /** Steps after which the rate changes, again and again. */
  readonly every: number;
  /** What the rate is multiplied by then; default 0.1. */
  readonly factor?: number;
}

/**
 * start · factorᵏ after k times `every` steps, as PyTorch's `StepLR`.
 *
 * @throws RangeError if a number is none that a rate can follow from
 */
export function stepSchedule({ start, every, factor = 0.1 }: StepScheduleOptions): (step: number) => number {
  assertNotNegative("stepSchedule", "start", start);
  assertNotNegative("stepSchedule", "factor", factor);
  if (!Number.isInteger(every) || every < 1) {
    throw new RangeError(`[stepSchedule] every must be a whole number >= 1, got ${every}`);
  }
  return (step) => start * factor ** Math.floor(step / every);
}

/** From one rate to another. */
export interface RampOptions {
  /** The rate of step 0. */
  readonly start: number;
  /** The rate from step `totalSteps - 1` on; default 0. */
  readonly end?: number;
  readonly totalSteps: number;
}

/**
 * In a line from `start` to `end`, up or down.
 *
 * @throws RangeError if a number is none that a rate can follow from
 */
export function linearSchedule(options: RampOptions): (step: number) => number {
  const { start, end, totalSteps } = rampOf("linearSchedule", options);
  return (step) => {
    const progress = Math.min(step / Math.max(totalSteps - 1, 1), 1);
    return start + (end - start) * progress;
  };
}

/**
 * Half a cosine from `start` to `end`: {@link warmupCosine} without a warm-up.
 *
 * @throws RangeError if a number is none that a rate can follow from
 */
export function cosineSchedule(options: RampOptions): (step: number) => number {
  const { start, end, totalSteps } = rampOf("cosineSchedule", options);
  return warmupCosine({ peak: start, totalSteps, floor: end });
}

function rampOf(op: string, { start, end = 0, totalSteps }: RampOptions): Required<RampOptions> {
  assertNotNegative(op, "start", start);
  assertNotNegative(op, "end", end);
  if (!Number.isInteger(totalSteps) || totalSteps < 1) {
    throw new RangeError(`[${op}] totalSteps must be a whole number >= 1, got ${totalSteps}`);
  }
  return { start, end, totalSteps };
}

export interface WarmupCosineOptions {
  /** The highest rate, at the end of the warm-up. */
  readonly peak: number;
  /** Steps of linear growth, a whole number; default 0. */
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
 * @throws RangeError if the warm-up is longer than the run, either is no whole number, or a rate is no finite number >= 0
 */
export function warmupCosine(options: WarmupCosineOptions): (step: number) => number {
  const { peak, warmupSteps = 0, totalSteps, floor = 0 } = options;
  assertNotNegative("warmupCosine", "peak", peak);
  assertNotNegative("warmupCosine", "floor", floor);
  const counts = Number.isInteger(warmupSteps) && Number.isInteger(totalSteps);
  if (!counts || warmupSteps < 0 || totalSteps < 1 || warmupSteps > totalSteps) {
    throw new RangeError(
      `[warmupCosine] ${warmupSteps} steps of warm-up do not fit a run of ${totalSteps}: both must be whole numbers, ` +
        "at least one step, and no more of warm-up",
    );
  }
  return (step) => {
    if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps;
    const start = Math.max(warmupSteps - 1, 0);
    const progress = Math.min((step - start) / Math.max(totalSteps - 1 - start, 1), 1);
    return floor + 0.5 * (peak - floor) * (1 + Math.cos(Math.PI * progress));
  };
}
