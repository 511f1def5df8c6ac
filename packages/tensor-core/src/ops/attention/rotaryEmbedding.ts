/** @file Rotary position embeddings. Su et al. 2021, arXiv:2104.09864, equation 34. */

import { defineOp, run } from "../../autograd/defineOp.ts";
import { tensor } from "../../tensor/create.ts";
import type { Device } from "../../tensor/device.ts";
import { ShapeError, showShape } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { rotaryKernel } from "./rotary.wgsl.ts";

export interface RotaryOptions {
  /** Base of the wavelengths; default 10000. */
  readonly base?: number;
  /** Position of the first token; default 0. */
  readonly offset?: number;
}

const rotaryOp = defineOp<{ x: Tensor }, never, Required<RotaryOptions>, "x">({
  name: "rotaryEmbedding",
  shape: ({ x }, { offset }) => {
    const dim = x.shape[3];
    if (x.dtype !== "f32" || x.rank !== 4 || dim === undefined || dim % 2 !== 0) {
      throw new ShapeError(
        `[rotaryEmbedding] x must be [B, T, H, D] f32 with an even D, got ${showShape(x.shape)} ${x.dtype}`,
      );
    }
    if (!Number.isInteger(offset) || offset < 0) {
      throw new ShapeError(`[rotaryEmbedding] offset must be a whole number >= 0, got ${offset}`);
    }
    return { y: { shape: x.shape, dtype: "f32" } };
  },
  forward: ({ x, y }, options) => rotate(x, y, options, 1),
  save: ["x"],
  gradient: ({ x }, dy, options) => {
    const dx = Tensor.allocate(x.device, x.shape, "f32", "[rotaryEmbedding] dx");
    rotate(dy, dx, options, -1);
    return { x: dx };
  },
});

/**
 * Turns each pair (x_i, x_{i + D/2}) of a head by its position's angle:
 *
 *     angle = (offset + t) base^(-2i / D),   i < D / 2
 *
 * Pairs lie half a head apart, as in Hugging Face's LLaMA; the paper pairs neighbours.
 *
 * @param x       [B, T, H, D] f32, D even
 * @param options base, offset
 * @returns       [B, T, H, D] f32
 * @throws ShapeError if x has another rank, D is odd, or the offset is not a position
 *
 * Numerics: angles, cosines and sines are taken in f64 on the host and kept in a table for each device.
 * Gradients: x.
 */
export function rotaryEmbedding(x: Tensor, options: RotaryOptions = {}): Tensor {
  return rotaryOp({ x }, { base: options.base ?? 10_000, offset: options.offset ?? 0 });
}

function rotate(x: Tensor, y: Tensor, { base, offset }: Required<RotaryOptions>, turn: number): void {
  const [, tokens, heads, dim] = x.shape as [number, number, number, number];
  const quads = dim % 8 === 0;
  const half = dim / 2 / (quads ? 4 : 1);
  const count = x.size / (quads ? 8 : 2);
  const table = tableOf(x.device, base, dim, offset + tokens);
  const kernel = rotaryKernel({ quads });
  run(kernel, { x, table, y }, { count, half, heads, tokens, offset, turn }, Math.ceil(count / 64));
}

const tables = new WeakMap<Device, Map<string, Tensor>>();

/** [positions, 2, D / 2]: cosines, then sines; made again at twice the length when a later position is asked for. */
function tableOf(device: Device, base: number, dim: number, positions: number): Tensor {
  let known = tables.get(device);
  if (!known) tables.set(device, (known = new Map()));
  const key = `${base} ${dim}`;
  const old = known.get(key);
  if (old && (old.shape[0] as number) >= positions) return old;
  const length = 2 ** Math.ceil(Math.log2(Math.max(64, positions)));
  const half = dim / 2;
  const values = new Float32Array(length * dim);
  for (let position = 0; position < length; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * base ** (-i / half);
      values[position * dim + i] = Math.cos(angle);
      values[position * dim + half + i] = Math.sin(angle);
    }
  }
  const table = tensor(device, values, [length, 2, half]);
  // The table outlives the scope that happens to be open.
  device.currentScope?.remove(table);
  old?.dispose();
  known.set(key, table);
  return table;
}
