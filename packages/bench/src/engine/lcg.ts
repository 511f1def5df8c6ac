/** @file The random numbers that all engines of a comparison draw their inputs from. */

/**
 * Numerical Recipes' linear congruential generator: state = state · 1664525 + 1013904223 mod 2³².
 *
 * @param seed the first state
 * @returns draws `count` values, uniform in [-scale, scale)
 */
export function lcg(seed: number): (count: number, scale: number) => Float32Array {
  let state = seed >>> 0;
  return (count, scale) =>
    Float32Array.from({ length: count }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state / 2 ** 32 - 0.5) * 2 * scale;
    });
}
