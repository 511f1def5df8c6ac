/** @file Seeded, counter-based random numbers: Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"). */

/**
 * A stream of random numbers. Seed, stream and position are plain numbers, so a run can save and restore them:
 *
 *     const { seed, stream, position } = random;
 *     const goesOn = new Random(seed, stream, position); // with the numbers that random would give next
 */
export class Random {
  readonly seed: number;
  readonly stream: number;
  #block = 0;
  #used = 4;
  #values = new Uint32Array(4);

  /**
   * @param seed     a whole number, 0 to 2^32 - 1
   * @param stream   a whole number, 0 to 2^32 - 1; streams of one seed are independent; default 0
   * @param position words of the stream that are used up, a whole number; default 0
   * @throws RangeError if one of them is not such a number
   */
  constructor(seed: number, stream = 0, position = 0) {
    assertWord("seed", seed);
    assertWord("stream", stream);
    if (!Number.isSafeInteger(position) || position < 0) {
      throw new RangeError(
        `[Random] position must be a whole number >= 0, got ${position}: pass what \`position\` gave`,
      );
    }
    this.seed = seed;
    this.stream = stream;
    this.#block = Math.floor(position / 4);
    if (position % 4 === 0) return;
    this.#nextBlock();
    this.#used = position % 4;
  }

  /** Words of 32 bits used up so far, those skipped included: where a generator goes on that is made with it. */
  get position(): number {
    return 4 * this.#block - (4 - this.#used);
  }

  /** The next 32 random bits. */
  bits(): number {
    if (this.#used === 4) this.#nextBlock();
    return this.#values[this.#used++] as number;
  }

  /**
   * Skips to the next whole block of four words, and `count` blocks more.
   *
   * @returns the number of the first block skipped
   */
  skipBlocks(count: number): number {
    const first = this.#block;
    this.#block += count;
    this.#used = 4;
    return first;
  }

  /** Uniform in [low, high), low where that holds no number; where high is below low, from low down to high. */
  uniform(low = 0, high = 1): number {
    const x = low + (this.bits() / 2 ** 32) * (high - low);
    return x < high ? x : Math.min(x, lastOf(low, high, 53));
  }

  /** Normal, by Box and Muller's transform. */
  normal(mean = 0, deviation = 1): number {
    const radius = Math.sqrt(-2 * Math.log((this.bits() + 0.5) / 2 ** 32));
    return mean + deviation * radius * Math.cos((2 * Math.PI * this.bits()) / 2 ** 32);
  }

  /** A stream of its own, by name. */
  fork(name: string): Random {
    let hash = 2166136261 ^ this.stream;
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16777619);
    return new Random(this.seed, hash >>> 0);
  }

  #nextBlock(): void {
    const block = this.#block++;
    // The key has 64 bits, the seed 32.
    this.#values = philox([block, Math.floor(block / 2 ** 32), this.stream, 0], [this.seed, 0]);
    this.#used = 0;
  }
}

function assertWord(name: string, value: number): void {
  if (value === value >>> 0) return;
  throw new RangeError(`[Random] ${name} must be a whole number from 0 to 2^32 - 1, got ${value}`);
}

/**
 * The largest number of [low, high), to which what is rounded up to `high` goes back.
 *
 * @param low, high numbers of that precision; where low is not below high, low is the largest that `uniform` gives
 * @param digits    of the precision in binary: 53 of f64, 24 of f32, to which the caller rounds the result
 */
export function lastOf(low: number, high: number, digits: 24 | 53): number {
  if (low >= high) return low;
  // A little more than half a unit in the last place, on either side of a power of two.
  return Math.max(low, high - Math.abs(high) * 2 ** -digits * (1 + 2 ** (1 - digits)));
}

/** Ten rounds of Philox 4x32: four random words from a counter of four words and a key of two. */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): Uint32Array<ArrayBuffer> {
  let [c0, c1, c2, c3] = counter.map((word) => word >>> 0) as [number, number, number, number];
  let [k0, k1] = [key[0] >>> 0, key[1] >>> 0];
  for (let round = 0; round < 10; round++) {
    const [high0, low0] = multiply(0xd2511f53, c0);
    const [high1, low1] = multiply(0xcd9e8d57, c2);
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return Uint32Array.of(c0, c1, c2, c3);
}

/** The 64-bit product of two 32-bit numbers, as high and low words. */
function multiply(a: number, b: number): [number, number] {
  const [aHigh, aLow] = [a >>> 16, a & 0xffff];
  const [bHigh, bLow] = [b >>> 16, b & 0xffff];
  const low = aLow * bLow;
  const middle = aHigh * bLow + Math.floor(low / 65536);
  const cross = aLow * bHigh + (middle % 65536);
  const high = aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(cross / 65536);
  return [high >>> 0, Math.imul(a, b) >>> 0];
}
