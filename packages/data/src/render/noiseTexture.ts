/** @file A tiling noise texture: slopes, height and blotches of skin, plaster, paper and cloth. */

import { openRandom } from "./random.ts";
import type { Texture } from "./headAsset.ts";

const size = 256;

/** Red and green are slopes around 0.5, blue is the height, alpha a coarser height. */
export function noiseTexture(): Texture {
  const fine = fractal("fine", [16, 32, 64, 128], [0.5, 0.7, 0.8, 0.6]);
  const coarse = fractal("coarse", [8, 16, 32], [1, 0.6, 0.4]);
  const pixels = new Uint8Array(4 * size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const at = (px: number, py: number): number =>
        fine[((py + size) % size) * size + ((px + size) % size)]!;
      const i = 4 * (y * size + x);
      pixels[i] = byte(0.5 + 2.2 * (at(x - 1, y) - at(x + 1, y)));
      pixels[i + 1] = byte(0.5 + 2.2 * (at(x, y - 1) - at(x, y + 1)));
      pixels[i + 2] = byte(at(x, y));
      pixels[i + 3] = byte(coarse[y * size + x]!);
    }
  }
  return { size, pixels };
}

function fractal(name: string, periods: readonly number[], amplitudes: readonly number[]): Float32Array {
  const field = new Float32Array(size * size);
  periods.forEach((period, octave) => {
    const random = openRandom(2, "noise", name, octave);
    const lattice = Float32Array.from({ length: period * period }, () => random.next());
    const step = period / size;
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        field[y * size + x]! += amplitudes[octave]! * valueAt(lattice, period, x * step, y * step);
      }
    }
  });
  let low = Infinity;
  let high = -Infinity;
  for (const value of field) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return field.map((value) => (value - low) / (high - low));
}

function valueAt(lattice: Float32Array, period: number, x: number, y: number): number {
  const [ix, iy] = [Math.floor(x), Math.floor(y)];
  const [fx, fy] = [smooth(x - ix), smooth(y - iy)];
  const at = (dx: number, dy: number): number =>
    lattice[((iy + dy) % period) * period + ((ix + dx) % period)]!;
  const top = at(0, 0) * (1 - fx) + at(1, 0) * fx;
  const bottom = at(0, 1) * (1 - fx) + at(1, 1) * fx;
  return top * (1 - fy) + bottom * fy;
}

function byte(value: number): number {
  return Math.round(255 * Math.min(1, Math.max(0, value)));
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}
