/** @file Counter-based random numbers: a value depends on the seed, the stream and the draw's number alone. */

/** Draws from one stream. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform in [low, high). */
  range(low: number, high: number): number;
  /** Uniform whole number in [0, count). */
  integer(count: number): number;
  /** One of the items, each alike. */
  pick<T>(items: readonly T[]): T;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** Near-Gaussian with mean 0 and deviation 1 (sum of four uniforms). */
  normal(): number;
}

/**
 * Opens a stream.
 *
 * @param seed whole number
 * @param keys names or numbers that tell this stream from every other of the seed
 */
export function openRandom(seed: number, ...keys: readonly (string | number)[]): Random {
  let state = mix(seed >>> 0);
  for (const key of keys) {
    if (typeof key === "number") state = mix(state ^ mix(key >>> 0));
    else for (let i = 0; i < key.length; i++) state = mix(state ^ mix(key.charCodeAt(i) + 0x9e37));
  }
  let counter = 0;
  const next = (): number => mix(state ^ Math.imul(++counter, 0x9e3779b1)) / 4294967296;
  return {
    next,
    range: (low, high) => low + (high - low) * next(),
    integer: (count) => Math.floor(next() * count),
    pick: (items) => items[Math.floor(next() * items.length)]!,
    chance: (probability) => next() < probability,
    normal: () => (next() + next() + next() + next() - 2) * Math.sqrt(3),
  };
}

/** Mixes 32 bits so that each input bit moves each output bit (Wellons, "lowbias32"). */
function mix(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}
