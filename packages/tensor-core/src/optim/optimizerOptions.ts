/** @file What every optimiser asks of the numbers that it is given. */

import type { LearningRate } from "./parameterParts.ts";

/** Options without those that are undefined, so that a default stands for them. */
export function given<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

/** @throws RangeError if a number is not finite, or below 0 */
export function assertNotNegative(op: string, name: string, value: number): void {
  if (!(Number.isFinite(value) && value >= 0)) {
    throw new RangeError(`[${op}] ${name} must be a finite number >= 0, got ${value}`);
  }
}

/** @throws RangeError if a number is not 0 to below 1 */
export function assertBelowOne(op: string, name: string, value: number): void {
  if (!(value >= 0 && value < 1)) {
    throw new RangeError(`[${op}] ${name} must be 0 to below 1, got ${value}`);
  }
}

/** @throws RangeError if it is neither a schedule nor a finite number >= 0 */
export function assertRate(op: string, rate: LearningRate): void {
  if (typeof rate !== "function") assertNotNegative(op, "learningRate", rate);
}

/**
 * The learning rate of a step.
 *
 * @param step number of steps before it
 * @throws RangeError if the schedule gives no finite number >= 0
 */
export function rateAt(op: string, rate: LearningRate, step: number): number {
  if (typeof rate !== "function") return rate;
  const value = rate(step);
  assertNotNegative(op, `learningRate of step ${step}`, value);
  return value;
}

/**
 * Each parameter's share of the learning rate.
 *
 * @throws RangeError if one is no finite number >= 0
 */
export function sharesOf<P>(
  op: string,
  params: ReadonlyMap<string, P>,
  names: Iterable<string>,
  rateOf: (name: string, parameter: P) => number,
): Map<string, number> {
  const shares = new Map<string, number>();
  for (const name of names) {
    const share = rateOf(name, params.get(name) as P);
    assertNotNegative(op, `rateOf ${name}`, share);
    shares.set(name, share);
  }
  return shares;
}

/** Each parameter's decay: `weightDecay` or none. */
export function decaysOf<P>(
  params: ReadonlyMap<string, P>,
  names: Iterable<string>,
  decays: (name: string, parameter: P) => boolean,
  weightDecay: number,
): Map<string, number> {
  return new Map([...names].map((name) => [name, decays(name, params.get(name) as P) ? weightDecay : 0]));
}
