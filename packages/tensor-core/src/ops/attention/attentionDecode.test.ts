/** @file attentionDecode and the cache against attention in f64. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { capture } from "../../tensor/capture.ts";
import { tensor, zeros } from "../../tensor/create.ts";
import { Random } from "../../tensor/random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Array64, random64, zeros64 } from "../../testing/array64.ts";
import { describeOp } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { slice } from "../layout/slice.ts";
import { attention } from "./attention.ts";
import { attentionDecode } from "./attentionDecode.ts";
import { appendKeyValue, keyValueCache } from "./keyValueCache.ts";

interface Case {
  readonly batch: number;
  readonly tokens: number;
  readonly capacity: number;
  readonly lengths: readonly number[];
  readonly keyHeads: number;
  readonly group: number;
  readonly dim: number;
  /** Whether the length is a number, one for all in a tensor, or one for each item. */
  readonly given: "number" | "one" | "each";
}

const cases: fc.Arbitrary<Case> = fc
  .record({
    batch: fc.constantFrom(1, 2),
    tokens: fc.constantFrom(1, 2, 5),
    capacity: fc.constantFrom(1, 63, 64, 65, 127, 130, 300),
    keyHeads: fc.constantFrom(1, 2),
    group: fc.constantFrom(1, 3),
    dim: fc.constantFrom(4, 16, 48, 64, 80, 128),
    given: fc.constantFrom("number" as const, "one" as const, "each" as const),
    share: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
  })
  .map(({ share, ...c }) => {
    const [a, b] = share.map((x) => Math.round(x * c.capacity)) as [number, number];
    return { ...c, lengths: c.given === "each" ? [a, b] : [a, a] };
  });

function reference({ q, k, v }: Record<string, Array64>, c: Case): Array64 {
  const { batch, tokens, capacity, keyHeads, group, dim } = c;
  const heads = keyHeads * group;
  const y = zeros64([batch, tokens, heads, dim]);
  const key = (b: number, j: number, h: number) =>
    ((b * capacity + j) * keyHeads + Math.floor(h / group)) * dim;
  for (let row = 0; row < batch * tokens * heads; row++) {
    const h = row % heads;
    const b = Math.floor(row / heads / tokens);
    const seen = (c.lengths[b] as number) - tokens + (Math.floor(row / heads) % tokens) + 1;
    const weights = Array.from({ length: Math.max(0, seen) }, (_, j) => {
      let score = 0;
      for (let d = 0; d < dim; d++) score += q!.data[row * dim + d]! * k!.data[key(b, j, h) + d]!;
      return Math.exp(score / Math.sqrt(dim));
    });
    const total = weights.reduce((a, w) => a + w, 0);
    weights.forEach((w, j) => {
      for (let d = 0; d < dim; d++) y.data[row * dim + d]! += (w / total) * v!.data[key(b, j, h) + d]!;
    });
  }
  return y;
}

const check = {
  cases,
  range: [-2, 2],
  shapes: ({ batch, tokens, capacity, keyHeads, group, dim }: Case) => ({
    q: [batch, tokens, keyHeads * group, dim],
    k: [batch, capacity, keyHeads, dim],
    v: [batch, capacity, keyHeads, dim],
  }),
  op: ({ q, k, v }: Record<string, Tensor>, c: Case) => {
    const counts = c.given === "each" ? c.lengths.slice(0, c.batch) : [c.lengths[0] as number];
    const length =
      c.given === "number" ? (c.lengths[0] as number) : tensor(q!.device, counts, [counts.length], "i32");
    return attentionDecode(q!, { keys: k!, values: v! }, length);
  },
  reference,
  opClass: "composite",
  depth: ({ capacity, dim }: Case) => Math.max(capacity, dim),
  differentiable: [],
  runs: 30,
} as const;

describeOp("attentionDecode", check);
describeOp("attentionDecode without subgroups", { ...check, runs: 8, without: ["subgroups"] });

describe("a cache of keys and values", () => {
  it("gives token by token what causal attention gives at once, with one position on the device", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const [batch, tokens, heads, keyHeads, dim] = [2, 70, 4, 2, 16];
    const make = (seed: number, width: number) => {
      const { data, shape } = random64([batch, tokens, width, dim], new Random(seed));
      return tensor(device, data, shape);
    };
    const [q, k, v] = [make(1, heads), make(2, keyHeads), make(3, keyHeads)];
    const want = await attention(q, k, v, { mask: "causal" }).read();
    const cache = keyValueCache(device, batch, 72, keyHeads, dim);
    const position = tensor(device, [0], [1], "i32");
    const length = tensor(device, [1], [1], "i32");
    for (let t = 0; t < tokens; t++) {
      using _step = device.scope();
      position.write([t]);
      length.write([t + 1]);
      appendKeyValue(cache, slice(k, 1, t, t + 1), slice(v, 1, t, t + 1), position);
      if (t % 23 !== 0) continue;
      const y = await attentionDecode(slice(q, 1, t, t + 1), cache, length).read();
      const row = heads * dim;
      for (let b = 0; b < batch; b++) {
        const at = (b * tokens + t) * row;
        y.subarray(b * row, (b + 1) * row).forEach((value, i) =>
          expect(value).toBeCloseTo(want[at + i] as number, 5),
        );
      }
    }
  });

  it("advances in a replayed step by its inputs", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const cache = keyValueCache(device, 1, 70, 1, 4);
    const step = capture(device, ({ row, at, length }: Readonly<Record<"row" | "at" | "length", Tensor>>) => {
      appendKeyValue(cache, row, row, at);
      return { y: attentionDecode(row, cache, length) };
    });
    for (let t = 0; t < 66; t++) {
      // The newest key agrees best with the query, by far.
      const { y } = step.run({
        row: { shape: [1, 1, 1, 4], data: Float32Array.of(0, 0, 0, t) },
        at: { shape: [1], data: Int32Array.of(t) },
        length: { shape: [1], data: Int32Array.of(t + 1) },
      });
      if (t === 0) expect([...(await y.read())]).toEqual([0, 0, 0, 0]);
      if (t === 65) expect((await y.read())[3]).toBeGreaterThan(60);
    }
    step[Symbol.dispose]();
  });

  it("takes a position for each item, and leaves out rows past the capacity", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const cache = keyValueCache(device, 2, 3, 1, 4);
    const rows = tensor(device, [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4], [2, 2, 1, 4]);
    appendKeyValue(cache, rows, rows, tensor(device, [2, 1], [2], "i32"));
    const written = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 3, 3, 3, 3, 4, 4, 4, 4];
    expect([...(await cache.keys.read())]).toEqual(written);
    expect([...(await cache.values.read())]).toEqual(written);
  });

  it("names what does not fit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const cache = keyValueCache(device, 1, 4, 2, 8);
    const of = (...shape: number[]) => zeros(device, shape);
    const rows = of(1, 2, 2, 8);
    expect(() => appendKeyValue(cache, rows, rows, 3)).toThrow("rows 3 to 4 exceed the capacity of 4");
    expect(() => appendKeyValue(cache, of(1, 2, 1, 8), rows, 0)).toThrow("fit a cache of [1, 4, 2, 8]");
    expect(() => appendKeyValue(cache, rows, rows, of(1))).toThrow("position must be [1] or [1] i32");
    expect(() => attentionDecode(rows, cache, 5)).toThrow("the length 5 exceeds the capacity");
    expect(() => attentionDecode(rows, cache, 1.5)).toThrow("length must be a whole number >= 0, got 1.5");
    expect(() => attentionDecode(of(1, 1, 3, 8), cache, 1)).toThrow(
      "3 query heads must be a multiple of 2 key heads",
    );
    expect(() => attentionDecode(of(2, 1, 2, 8), cache, 1)).toThrow("the batches 2 and 1 differ");
  });
});
