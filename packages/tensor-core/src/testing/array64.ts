/** @file Plain f64 arrays with a shape: what references compute on. */

import { sizeOf, type Shape } from "../tensor/shape.ts";
import { Random } from "../tensor/random.ts";

export interface Array64 {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** Zeros of a shape. */
export function zeros64(shape: Shape): Array64 {
  return { shape, data: new Float64Array(sizeOf(shape)) };
}

/** Values that f32 holds exactly, uniform in [low, high). */
export function random64(shape: Shape, random: Random, low = -1, high = 1): Array64 {
  const data = Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(random.uniform(low, high)));
  return { shape, data };
}

/** Largest magnitude, 0 if empty. */
export function largest(values: ArrayLike<number>): number {
  let top = 0;
  for (let i = 0; i < values.length; i++) top = Math.max(top, Math.abs(values[i] as number));
  return top;
}

/** Throws with the worst place if two arrays differ by more than `bound` anywhere, or if either holds NaN. */
export function assertClose(
  what: string,
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  bound: number,
): void {
  if (got.length !== want.length) throw new Error(`${what}: ${got.length} values, expected ${want.length}`);
  let worst = -1;
  let at = -1;
  for (let i = 0; i < got.length; i++) {
    const difference = Math.abs((got[i] as number) - (want[i] as number));
    if (!(difference <= worst)) {
      worst = difference;
      at = i;
      if (Number.isNaN(difference)) break;
    }
  }
  if (at >= 0 && !(worst <= bound)) {
    throw new Error(
      `${what}: element ${at} is ${got[at]}, expected ${want[at]}; off by ${worst}, allowed ${bound}`,
    );
  }
}
