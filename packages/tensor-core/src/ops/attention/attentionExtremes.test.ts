/** @file Attention of scores so far apart that only each row's own largest one may be taken from them; heads beside heads. */

import { describe, expect, it } from "vitest";
import { tensor } from "../../tensor/create.ts";
import { Random } from "../../tensor/random.ts";
import { assertClose, largest, random64 } from "../../testing/array64.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { tolerance } from "../../testing/tolerance.ts";
import { attention } from "./attention.ts";

const device = await testDevice();

/** One item: queries and keys along the first axis of D, so that a score is the product of two numbers. */
async function alongOneAxis(dim: number, queries: readonly number[], keys: readonly number[]) {
  using _scope = device.scope();
  const along = (values: readonly number[]) =>
    Float32Array.from({ length: values.length * dim }, (_, i) => (i % dim === 0 ? values[i / dim]! : 0));
  const values = random64([keys.length, dim], new Random(7)).data;
  const upload = (data: Float32Array | Float64Array) => tensor(device, data, [1, data.length / dim, 1, dim]);
  const y = attention(upload(along(queries)), upload(along(keys)), upload(values), { scale: 1 });
  const want = new Float64Array(queries.length * dim);
  queries.forEach((query, i) => {
    const top = Math.max(...keys.map((key) => query * key));
    const weights = keys.map((key) => Math.exp(query * key - top));
    const total = weights.reduce((sum, w) => sum + w, 0);
    for (let d = 0; d < dim; d++) {
      want[i * dim + d] = weights.reduce((sum, w, j) => sum + (w / total) * values[j * dim + d]!, 0);
    }
  });
  return { got: (await y.read()) as Float32Array, want };
}

// Widths whose quads are shared by lanes, fill them, and exceed them.
describe.each([8, 32, 40])("attention, %i wide,", (dim) => {
  const close = ({ got, want }: { got: Float32Array; want: Float64Array }) =>
    assertClose("y", got, want, tolerance("composite", 300, largest(want)));

  it("takes each row's scores from its own largest", async () => {
    // e^-600 is 0 in f32, and e^600 infinite.
    const queries = Array.from({ length: 21 }, (_, i) => (i % 2 === 0 ? 1 : -1));
    const keys = Array.from({ length: 70 }, (_, j) => 600 + (j % 5) / 4);
    close(await alongOneAxis(dim, queries, keys));
    close(
      await alongOneAxis(
        dim,
        queries.map((q) => -q),
        keys,
      ),
    );
  });

  it.each([0, 1, 2, 3, 65, 66])("finds the largest score at key %i", async (place) => {
    const keys = Array.from({ length: 67 }, (_, j) => (j === place ? 300 : -300 + j / 16));
    close(await alongOneAxis(dim, [1, 0.5, 1], keys));
  });
});

describe("heads beside heads", () => {
  it.each([20, 24, 28, 36, 60])("each store %i columns, and no neighbour's", async (dim) => {
    using _scope = device.scope();
    const [tokens, heads] = [5, 3];
    const [q, k, v] = [1, 2, 3].map((seed) => random64([1, tokens, heads, dim], new Random(seed)).data) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const upload = (data: Float64Array) => tensor(device, data, [1, tokens, heads, dim]);
    const y = await attention(upload(q), upload(k), upload(v)).read();
    const want = new Float64Array(q.length);
    const at = (token: number, head: number, d: number) => (token * heads + head) * dim + d;
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < tokens; i++) {
        const weights = Array.from({ length: tokens }, (_, j) => {
          let score = 0;
          for (let d = 0; d < dim; d++) score += q[at(i, h, d)]! * k[at(j, h, d)]!;
          return Math.exp(score / Math.sqrt(dim));
        });
        const total = weights.reduce((sum, w) => sum + w, 0);
        for (let d = 0; d < dim; d++) {
          want[at(i, h, d)] = weights.reduce((sum, w, j) => sum + (w / total) * v[at(j, h, d)]!, 0);
        }
      }
    }
    expect(y.length).toBe(want.length);
    assertClose("y", y, want, tolerance("composite", dim, largest(want)));
  });
});
