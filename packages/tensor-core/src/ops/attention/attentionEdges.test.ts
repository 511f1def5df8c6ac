/** @file What attention's gradients must not read: weights that no block of queries wrote, and neighbours of few queries. */

import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { tensor } from "../../tensor/create.ts";
import { Random } from "../../tensor/random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { assertClose, largest, random64 } from "../../testing/array64.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { tolerance } from "../../testing/tolerance.ts";
import { mul } from "../elementwise/binary.ts";
import { sum } from "../reduce/sum.ts";
import { attention, type AttentionOptions } from "./attention.ts";

const device = await testDevice();
const dim = 8;

type Part = "q" | "k" | "v" | "dy";
type Values = Readonly<Record<Part, Float64Array>>;

const draw = (tokens: number, keys: number): Values => {
  const of = (rows: number, seed: number) => random64([rows * dim], new Random(seed), -2, 2).data;
  return { q: of(tokens, 1), k: of(keys, 2), v: of(keys, 3), dy: of(tokens, 4) };
};
const each = (values: Values, change: (x: Float64Array) => Float64Array): Values => ({
  q: change(values.q),
  k: change(values.k),
  v: change(values.v),
  dy: change(values.dy),
});

/** y, dq, dk and dv of one head. */
async function results(values: Values, batch: number, options: AttentionOptions, dtype?: "f16") {
  using _scope = device.scope();
  const upload = (data: Float64Array) =>
    tensor(device, data, [batch, data.length / dim / batch, 1, dim], dtype);
  const [q, k, v, dy] = [upload(values.q), upload(values.k), upload(values.v), upload(values.dy)];
  let y: Tensor = q;
  const { grads } = valueAndGrad(
    () => sum(mul((y = attention(q, k, v, options)), dy)),
    new Map(Object.entries({ q, k, v })),
  );
  const read = new Map([["y", (await y.read()) as Float32Array]]);
  for (const [name, grad] of grads) read.set(`d${name}`, (await grad.read()) as Float32Array);
  return read;
}

/** The same of one item in f64: p = softmax(q kᵀ / √D), ds = p (dy·v - Σ p dy·v). */
function reference({ q, k, v, dy }: Values, prefix: number): Map<string, Float64Array> {
  const [tokens, keys] = [q.length / dim, k.length / dim];
  const [y, dq, dk, dv] = [q, q, k, v].map((x) => new Float64Array(x.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const dot = (a: Float64Array, i: number, b: Float64Array, j: number) => {
    let total = 0;
    for (let d = 0; d < dim; d++) total += a[i * dim + d]! * b[j * dim + d]!;
    return total;
  };
  const add = (to: Float64Array, i: number, factor: number, x: Float64Array, j: number) => {
    for (let d = 0; d < dim; d++) to[i * dim + d]! += factor * x[j * dim + d]!;
  };
  for (let i = 0; i < tokens; i++) {
    const seen = Math.min(keys, Math.max(prefix, keys - tokens + i + 1));
    const weights = Array.from({ length: seen }, (_, j) => Math.exp(dot(q, i, k, j) / Math.sqrt(dim)));
    const total = weights.reduce((all, w) => all + w, 0);
    const slopes = weights.map((_, j) => dot(dy, i, v, j));
    const mean = slopes.reduce((all, slope, j) => all + (slope * weights[j]!) / total, 0);
    weights.forEach((weight, j) => {
      const p = weight / total;
      const ds = (p * (slopes[j]! - mean)) / Math.sqrt(dim);
      add(y, i, p, v, j);
      add(dq, i, ds, k, j);
      add(dk, j, ds, q, i);
      add(dv, j, p, dy, i);
    });
  }
  return new Map(Object.entries({ y, dq, dk, dv }));
}

/** A batch of two items, of which the other one has one value everywhere. */
const beside = (values: Values, other: number, item: number): Values =>
  each(values, (x) => {
    const both = new Float64Array(2 * x.length).fill(other);
    both.set(x, item * x.length);
    return both;
  });
const itemOf = (both: Float32Array, item: number) =>
  both.slice((item * both.length) / 2, ((item + 1) * both.length) / 2);

describe("attention's gradients", () => {
  // A block of columns is four a lane; where no query of a block sees one, its weights are not written.
  const lanes = device.info.subgroupMinSize;
  const block = 4 * ([8, 16, 32].includes(lanes) ? lanes : 8);

  it.each([block, 0])(
    "take nothing from weights that no query wrote, with a prefix of %s",
    async (prefix) => {
      const tokens = block + 16;
      const values = draw(tokens, tokens);
      // Leaves NaN in the memory that the weights get again.
      const spoilt = await results(
        each(values, (x) => x.map(() => NaN)),
        1,
        { mask: "none" },
      );
      expect(spoilt.get("dq")?.every(Number.isNaN)).toBe(true);
      const got = await results(values, 1, { mask: "prefixCausal", prefix });
      for (const [name, want] of reference(values, prefix)) {
        assertClose(name, got.get(name)!, want, tolerance("composite", tokens, largest(want)));
      }
    },
  );

  // Lanes that take turns have nothing but queries, or keys, past the last.
  it.each([0, 1])("take nothing from the other item of a batch of few queries, for item %s", async (item) => {
    const values = draw(3, 2);
    const got = await results(beside(values, NaN, item), 2, { mask: "none" });
    for (const [name, want] of reference(values, 2)) {
      const own = itemOf(got.get(name)!, item);
      assertClose(name, own, want, tolerance("composite", dim, largest(want)));
    }
  });

  it.each([0, 1])("take nothing from there in f16 either, for item %s", async (item) => {
    const values = draw(3, 2);
    const [got, want] = [
      await results(beside(values, NaN, item), 2, { mask: "none" }, "f16"),
      await results(beside(values, 1, item), 2, { mask: "none" }, "f16"),
    ];
    for (const [name, all] of want) {
      expect([name, itemOf(got.get(name)!, item)]).toEqual([name, itemOf(all, item)]);
    }
  });
});
