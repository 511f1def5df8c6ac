/** @file From logits to the next token: penalty, temperature, top-k, top-p, and a seeded draw. */

import { Random } from "@candor/tensor-core";
import { ConfigError } from "../configError.ts";

export interface SamplingOptions {
  /** Divides the logits; 0, the default, always takes the most probable token. */
  readonly temperature?: number;
  /** Draw among this many most probable tokens; default all. */
  readonly topK?: number;
  /** Draw among the fewest tokens whose probabilities reach this sum; default 1. Holtzman et al. 2019, arXiv:1904.09751. */
  readonly topP?: number;
  /** Makes tokens of the prompt and the answer less probable where above 1; default 1. Keskar et al. 2019, arXiv:1909.05858. */
  readonly repetitionPenalty?: number;
  /** Of the draws, 0 to 2^32 - 1; default 0. Each row of a batch has a stream of its own. */
  readonly seed?: number;
}

function fail(name: string, must: string, value: number): never {
  throw new ConfigError(`[generate] ${name} must be ${must}, got ${value}`);
}

/** A token that may be drawn. */
export interface Candidate {
  readonly id: number;
  readonly probability: number;
}

/**
 * @throws ConfigError that names the option, its value and what it must be
 */
export function assertSampling(options: SamplingOptions): void {
  const { temperature = 0, topK = 1, topP = 1, repetitionPenalty = 1 } = options;
  if (!(temperature >= 0 && temperature < Infinity))
    fail("temperature", "a number of at least 0", temperature);
  if (!Number.isInteger(topK) || topK < 1) fail("topK", "a whole number of at least 1", topK);
  if (!(topP > 0 && topP <= 1)) fail("topP", "above 0 and at most 1", topP);
  if (!(repetitionPenalty > 0)) fail("repetitionPenalty", "greater than 0", repetitionPenalty);
}

/** Whether the most probable token is taken, and the logits need not be seen. */
export function takesLargest({ temperature = 0, repetitionPenalty = 1 }: SamplingOptions): boolean {
  return temperature === 0 && repetitionPenalty === 1;
}

/**
 * Divides logits above 0 of tokens that occurred by the penalty, and multiplies those below by it; in place, once a token.
 *
 * @param logits [V]
 * @param ids    tokens that occurred
 */
export function penaliseRepetition(logits: Float64Array, ids: Iterable<number>, penalty: number): void {
  for (const id of new Set(ids)) {
    const logit = logits[id] as number;
    logits[id] = logit > 0 ? logit / penalty : logit * penalty;
  }
}

/**
 * The tokens that may be drawn and their probabilities, the most probable first, equal ones by id. Temperature comes
 * first, then top-k, then top-p, as in Hugging Face's transformers.
 *
 * @param logits  [V]
 * @param options a temperature above 0
 */
export function candidates(logits: ArrayLike<number>, options: SamplingOptions): Candidate[] {
  const { temperature = 1, topK = logits.length, topP = 1 } = options;
  const top = largestOf(logits);
  const power = (id: number) => Math.exp(((logits[id] as number) - top) / temperature);
  const { ids, total } = mostProbable(logits, power, topK, topP);
  const kept = Array.from(ids.subarray(0, topK), (id) => ({ id, probability: power(id) }));
  // Top-p is a share of what top-k left, which is everything where top-k cuts nothing.
  const mass = topK < logits.length ? massOf(kept) : total;
  let before = 0;
  const end = kept.findIndex(({ probability }) => {
    if (before >= topP) return true;
    before += probability / mass;
    return false;
  });
  return normalise(end < 0 ? kept : kept.slice(0, end));
}

/** Ids in their order, of which the first that top-k and top-p keep are there: sorting a whole vocabulary is slow. */
function mostProbable(
  logits: ArrayLike<number>,
  power: (id: number) => number,
  topK: number,
  topP: number,
): { readonly ids: Uint32Array; readonly total: number } {
  const powers = Float64Array.from({ length: logits.length }, (_, id) => power(id));
  const total = powers.reduce((sum, x) => sum + x, 0);
  const order = (ids: Uint32Array) =>
    ids.toSorted((a, b) => (logits[b] as number) - (logits[a] as number) || a - b);
  const all = Uint32Array.from(powers.keys());
  for (const least of [1e-2, 1e-4, 1e-8]) {
    let mass = 0;
    const ids = all.filter((id) => {
      const kept = (powers[id] as number) >= least;
      if (kept) mass += powers[id] as number;
      return kept;
    });
    // A little more than is needed, for what rounding loses. Where top-k cuts, its own mass must be known.
    const enough = topK < logits.length ? ids.length >= topK : mass > topP * total * (1 + 1e-9);
    if (enough) return { ids: order(ids), total };
  }
  return { ids: order(all), total };
}

const massOf = (items: readonly Candidate[]): number =>
  items.reduce((sum, { probability }) => sum + probability, 0);

function normalise(items: readonly Candidate[]): Candidate[] {
  const total = massOf(items);
  return items.map(({ id, probability }) => ({ id, probability: probability / total }));
}

/** Chooses the tokens of one row of a batch. */
export class Sampler {
  readonly #options: SamplingOptions;
  readonly #random: Random;

  /** @throws ConfigError if an option is out of range */
  constructor(options: SamplingOptions, row: number) {
    assertSampling(options);
    this.#options = options;
    this.#random = new Random(options.seed ?? 0).fork(`row${row}`);
  }

  /**
   * @param logits [V] f32
   * @param ids    the prompt's tokens and those generated so far
   * @returns the next token
   */
  next(logits: ArrayLike<number>, ids: Iterable<number>): number {
    const { temperature = 0, topK, topP = 1, repetitionPenalty = 1 } = this.#options;
    const values = Float64Array.from(logits);
    if (repetitionPenalty !== 1) penaliseRepetition(values, ids, repetitionPenalty);
    if (temperature === 0) return indexOfLargest(values);
    const uniform = this.#random.uniform();
    return topK === undefined && topP === 1
      ? drawFromAll(values, temperature, uniform)
      : drawFrom(candidates(values, this.#options), uniform);
  }
}

function drawFrom(choices: readonly Candidate[], uniform: number): number {
  let left = uniform;
  for (const { id, probability } of choices) {
    left -= probability;
    if (left < 0) return id;
  }
  // Rounding may leave a little of the last one.
  return (choices.at(-1) as Candidate).id;
}

/** A draw from the softmax of all logits, which need no order. */
function drawFromAll(logits: Float64Array, temperature: number, uniform: number): number {
  const top = largestOf(logits);
  const powers = logits.map((logit) => Math.exp((logit - top) / temperature));
  let left = uniform * powers.reduce((sum, x) => sum + x, 0);
  const found = powers.findIndex((power) => (left -= power) < 0);
  return found < 0 ? powers.findLastIndex((power) => power > 0) : found;
}

function largestOf(values: ArrayLike<number>): number {
  return values[indexOfLargest(values)] as number;
}

/** The first of the largest. */
function indexOfLargest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] as number) > (values[best] as number)) best = i;
  return best;
}
