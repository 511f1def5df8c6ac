/** @file Rotary position embeddings. Su et al. 2021, arXiv:2104.09864, equation 34. */

import { defineOp, recordByRows, run } from "../../autograd/defineOp.ts";
import { isFloat } from "../../tensor/dtype.ts";
import { greatestDivisor } from "../../tensor/recordByRows.ts";
import { ShapeError, showShape } from "../../tensor/shape.ts";
import { rangeAlignment, Tensor } from "../../tensor/tensor.ts";
import { castInto } from "../layout/cast.ts";
import { countOf, countsOf } from "./keyValueCache.ts";
import { rotaryKernel, rotaryOffsetKernel } from "./rotary.wgsl.ts";
import { assertRotary, type RotaryScaling } from "./rotaryFrequencies.ts";
import { rotaryRows, rotaryTable } from "./rotaryTable.ts";
import { storedAs } from "./storedAs.ts";

export interface RotaryOptions {
  /** Base of the wavelengths; default 10000. */
  readonly base?: number;
  /**
   * Position of the first token: a number, or i32 [1], or i32 [B] with one for each batch item. A tensor is read when the
   * kernel runs, so a recorded step can be replayed further along. Default 0.
   */
  readonly offset?: number | Tensor;
  /** How wavelengths are stretched; not at all by default. */
  readonly scaling?: RotaryScaling | undefined;
  /** Most positions that x may reach; must be given where the offset is a tensor. Default offset + T. */
  readonly positions?: number;
}

interface Attributes {
  readonly base: number;
  readonly scaling: RotaryScaling | undefined;
  readonly positions: number;
  readonly offset: number;
}

const rotaryOp = defineOp<{ x: Tensor; offsets: Tensor | undefined }, never, Attributes, "x" | "offsets">({
  name: "rotaryEmbedding",
  shape: ({ x }) => ({ y: { shape: x.shape, dtype: x.dtype } }),
  forward: ({ x, offsets, y }, attributes) => rotate(x, offsets, y, attributes, 1),
  save: ["x", "offsets"],
  gradient: ({ x, offsets }, dy, attributes) => {
    const dx = Tensor.allocate(x.device, x.shape, x.dtype, "[rotaryEmbedding] dx");
    rotate(dy, offsets, dx, attributes, -1);
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
 * @param x       [B, T, H, D] f32 or f16, D even
 * @param options base, offset, scaling, positions
 * @returns       [B, T, H, D] of x's dtype
 * @throws ShapeError if x has another rank or dtype, D is odd, the offset is not a position, base or scaling is none, or
 *                    the device does not bind a table of so many positions
 *
 * Numerics: angles, cosines and sines are taken in f64 on the host and kept in a table for each device. An offset
 * from a tensor that leads past the table is taken as the last one that does not. Gradients: x.
 */
export function rotaryEmbedding(x: Tensor, options: RotaryOptions = {}): Tensor {
  const { base = 10_000, offset = 0, scaling } = options;
  const [batch = 0, tokens = 0, , dim] = x.shape;
  if (!isFloat(x.dtype) || x.rank !== 4 || dim === undefined || dim % 2 !== 0) {
    throw new ShapeError(
      `[rotaryEmbedding] x must be [B, T, H, D] f32 or f16 with an even D, got ${showShape(x.shape)} ${x.dtype}`,
    );
  }
  assertRotary(base, scaling);
  const at = countOf("rotaryEmbedding", "offset", offset, batch);
  const reached = at.value + tokens;
  const { positions = reached } = options;
  if (at.tensor && options.positions === undefined) {
    throw new ShapeError(
      "[rotaryEmbedding] an offset that is a tensor needs positions, the most that it leads to",
    );
  }
  if (!Number.isInteger(positions) || positions < reached) {
    throw new ShapeError(
      `[rotaryEmbedding] positions must be a whole number of at least ${reached}, got ${positions}`,
    );
  }
  if (4 * dim * rotaryRows(positions) > x.device.maxBindingBytes) {
    throw new ShapeError(
      `[rotaryEmbedding] a table of ${positions} positions for heads of ${dim} is more than this device binds: ` +
        "begin at a lower offset, or give fewer positions",
    );
  }
  return rotaryOp({ x, offsets: at.tensor }, { base, scaling, positions, offset: at.value });
}

function rotate(x: Tensor, offsets: Tensor | undefined, y: Tensor, attributes: Attributes, turn: number) {
  const { base, scaling, positions, offset } = attributes;
  const [, tokens, heads, dim] = x.shape as [number, number, number, number];
  const quads = dim % 8 === 0;
  if (!quads && x.dtype === "f16") return rotateWidened(x, offsets, y, attributes, turn);
  const half = dim / 2 / (quads ? 4 : 1);
  const table = rotaryTable(x.device, base, dim, scaling, positions);
  const variant = { quads, ...storedAs(x) };
  const length = table.shape[0] as number;
  byParts(x, y, (part, place) => {
    const count = part.x.size / (quads ? 8 : 2);
    const given = { count, half, heads, tokens: place.tokens, turn };
    const groups = Math.ceil(count / 64);
    // The first row bound is that of the part's first token, where offsets are 0.
    const from =
      place.token === 0 ? table : table.range(place.token * dim, [length - place.token, 2, dim / 2]);
    const tensors = { ...part, table: from };
    const of = countsOf(offsets, place.item, place.items);
    if (of) {
      const uniforms = { ...given, each: of.size === 1 ? 0 : 1, last: length - tokens };
      run(rotaryOffsetKernel(variant), { ...tensors, offsets: of }, uniforms, groups);
    } else {
      run(rotaryKernel(variant), tensors, { ...given, offset }, groups);
    }
  });
}

/** f16 whose halves are not whole quads, by way of f32. */
function rotateWidened(
  x: Tensor,
  offsets: Tensor | undefined,
  y: Tensor,
  attributes: Attributes,
  turn: number,
): void {
  const wide = () => Tensor.allocate(x.device, x.shape, "f32", "[rotaryEmbedding] in f32");
  const [wideX, wideY] = [wide(), wide()];
  castInto(x, wideX);
  rotate(wideX, offsets, wideY, attributes, turn);
  castInto(wideY, y);
  wideX.dispose();
  wideY.dispose();
}

/** The items and tokens of a part, and the first of them. */
interface Place {
  readonly items: number;
  readonly item: number;
  readonly tokens: number;
  readonly token: number;
}

/** Records x and y [B, T, H, D] at once, or where that is more than the device binds, by items, or by tokens of each. */
function byParts(
  x: Tensor,
  y: Tensor,
  record: (part: { readonly x: Tensor; readonly y: Tensor }, place: Place) => void,
): void {
  const [batch, tokens, , dim] = x.shape as [number, number, number, number];
  const perItem = x.size / batch;
  if (x.bytes / batch <= x.device.maxBindingBytes || perItem % rangeAlignment !== 0) {
    return recordByRows({ x, y }, batch, (part, items, item) =>
      record(part, { items, item, tokens, token: 0 }),
    );
  }
  // A part of the table begins where a binding may.
  const multipleOf = rangeAlignment / greatestDivisor(dim, rangeAlignment);
  for (let item = 0; item < batch; item++) {
    using _item = x.device.scope();
    const [itemX, itemY] = [x.range(item * perItem, [perItem]), y.range(item * perItem, [perItem])];
    recordByRows(
      { x: itemX, y: itemY },
      tokens,
      (part, here, token) => record(part, { items: 1, item, tokens: here, token }),
      { multipleOf },
    );
  }
}
