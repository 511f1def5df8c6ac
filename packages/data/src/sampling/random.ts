/** @file A counter-based random generator (Philox 4x32-10): pure integers, and a state that is plain JSON. */

/** A random stream's whole state; `JSON.stringify` saves it and `JSON.parse` restores it. */
export interface RandomState {
  /** Two 32-bit key words: the seed's low and high half. */
  readonly key: readonly [number, number];
  /** Up to three 32-bit words that separate this stream from the seed's others. */
  readonly stream: readonly [number, number, number];
  /** How many 32-bit words the stream has given so far. */
  counter: number;
}

/** Philox's four words of one block. */
type Block = [number, number, number, number];

/**
 * Starts a random stream; equal arguments give equal numbers on every machine.
 * @param seed a non-negative safe integer
 * @param stream up to three integers (a step, an index ...) that name the stream within the seed
 * @throws RangeError if the seed is not a non-negative safe integer or there are more than three stream words
 */
export function createRandom(seed: number, ...stream: number[]): RandomState {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`[random] the seed must be a non-negative integer below 2^53, got ${seed}`);
  }
  if (stream.length > 3 || stream.some((word) => !Number.isSafeInteger(word))) {
    throw new RangeError(`[random] a stream is named by at most 3 integers, got [${stream.join(", ")}]`);
  }
  const [a = 0, b = 0, c = 0] = stream;
  return {
    key: [seed >>> 0, Math.floor(seed / 2 ** 32)],
    stream: [a >>> 0, b >>> 0, c >>> 0],
    counter: 0,
  };
}

/**
 * The next 32 random bits.
 * @param random the stream, whose counter moves on by one
 * @returns an integer in [0, 2^32)
 */
export function uint32(random: RandomState): number {
  const index = random.counter++;
  const block = philox4x32([Math.floor(index / 4), ...random.stream], random.key);
  return block[index % 4] as number;
}

/**
 * The next uniform number.
 * @param random the stream
 * @returns a number in [0, 1) with 32 random bits
 */
export function uniform(random: RandomState): number {
  return uint32(random) / 2 ** 32;
}

/**
 * The next integer below a bound, without modulo bias worth naming (below n / 2^32).
 * @param random the stream
 * @param bound an integer in [1, 2^32]
 * @returns an integer in [0, bound)
 */
export function below(random: RandomState, bound: number): number {
  return Math.floor(uniform(random) * bound);
}

/**
 * A uniform permutation (Fisher-Yates).
 * @param random the stream
 * @param count how many integers to order
 * @returns Uint32Array [count] that holds each of 0 .. count-1 once
 */
export function permutation(random: RandomState, count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = below(random, i + 1);
    const kept = order[i] as number;
    order[i] = order[j] as number;
    order[j] = kept;
  }
  return order;
}

/**
 * One block of Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11, section 3.3).
 * @param counter four 32-bit words
 * @param key two 32-bit words
 * @returns four 32-bit words
 */
export function philox4x32(counter: Readonly<Block>, key: readonly [number, number]): Block {
  let [a, b, c, d] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, a);
    const low0 = Math.imul(0xd2511f53, a);
    const high1 = multiplyHigh(0xcd9e8d57, c);
    const low1 = Math.imul(0xcd9e8d57, c);
    a = high1 ^ b ^ k0;
    b = low1;
    c = high0 ^ d ^ k1;
    d = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  return [a >>> 0, b >>> 0, c >>> 0, d >>> 0];
}

/** The high 32 bits of a 32 x 32 bit product, in halves of 16 bits so that doubles stay exact. */
function multiplyHigh(x: number, y: number): number {
  const xLow = x & 0xffff;
  const xHigh = x >>> 16;
  const yLow = y & 0xffff;
  const yHigh = y >>> 16;
  const middle = xHigh * yLow + ((xLow * yLow) >>> 16);
  const cross = xLow * yHigh + (middle & 0xffff);
  return (xHigh * yHigh + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000)) | 0;
}
