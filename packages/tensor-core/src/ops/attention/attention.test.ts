/** @file attention against softmax(q kᵀ) v in f64. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tensor, zeros } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Array64, zeros64 } from "../../testing/array64.ts";
import { describeOp } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { attention } from "./attention.ts";

interface Case {
  readonly batch: number;
  readonly tokens: number;
  readonly keys: number;
  readonly keyHeads: number;
  readonly group: number;
  readonly dim: number;
  readonly mask: "none" | "causal" | "prefixCausal";
  readonly prefix: number;
}

const casesOf = (keys: readonly number[], dims: readonly number[]): fc.Arbitrary<Case> =>
  fc
    .record({
      batch: fc.constantFrom(1, 2),
      tokens: fc.constantFrom(1, 7, 8, 9, 33, 65),
      keys: fc.constantFrom(...keys),
      keyHeads: fc.constantFrom(1, 2),
      group: fc.constantFrom(1, 3),
      dim: fc.constantFrom(...dims),
      mask: fc.constantFrom("none", "causal", "prefixCausal"),
      prefix: fc.constantFrom(1, 5, 40),
    })
    .filter(({ mask, tokens, keys: count }) => mask !== "causal" || count >= tokens);

const options = ({ mask, prefix }: Case) => (mask === "prefixCausal" ? { mask, prefix } : { mask });

function reference({ q, k, v }: Record<string, Array64>, c: Case): Array64 {
  const { batch, tokens, keys, keyHeads, group, dim } = c;
  const heads = keyHeads * group;
  const y = zeros64([batch, tokens, heads, dim]);
  const at = (t: Array64 | undefined, b: number, i: number, n: number, h: number, width: number, d: number) =>
    t?.data[((b * n + i) * width + h) * dim + d] as number;
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const g = Math.floor(h / group);
      for (let i = 0; i < tokens; i++) {
        const weights = Array.from({ length: keys }, (_, j) => {
          const behind = j <= keys - tokens + i;
          const seen = c.mask === "none" || behind || (c.mask === "prefixCausal" && j < c.prefix);
          if (!seen) return 0;
          let score = 0;
          for (let d = 0; d < dim; d++) {
            score += at(q, b, i, tokens, h, heads, d) * at(k, b, j, keys, g, keyHeads, d);
          }
          return Math.exp(score / Math.sqrt(dim));
        });
        const total = weights.reduce((x, w) => x + w, 0);
        for (let d = 0; d < dim; d++) {
          y.data[((b * tokens + i) * heads + h) * dim + d] = weights.reduce(
            (x, w, j) => x + (w / total) * at(v, b, j, keys, g, keyHeads, d),
            0,
          );
        }
      }
    }
  }
  return y;
}

const check = {
  range: [-2, 2],
  shapes: ({ batch, tokens, keys, keyHeads, group, dim }: Case) => ({
    q: [batch, tokens, keyHeads * group, dim],
    k: [batch, keys, keyHeads, dim],
    v: [batch, keys, keyHeads, dim],
  }),
  op: ({ q, k, v }: Record<string, Tensor>, c: Case) => attention(q!, k!, v!, options(c)),
  reference,
  opClass: "composite",
  depth: ({ keys, dim }: Case) => Math.max(keys, dim),
  gradientDepth: ({ tokens, keys, group, dim }: Case) => Math.max(tokens * group, keys, dim),
} as const;

const lengths = [2, 7, 8, 9, 33, 65];
describeOp("attention", { ...check, cases: casesOf(lengths, [4, 8, 12, 32, 64]), runs: 16 });
describeOp("attention without subgroups", {
  ...check,
  cases: casesOf(lengths, [4, 12]),
  without: ["subgroups"],
});
// The weight of one key is 1 whatever q and k are: their gradients are rounding alone.
describeOp("attention over one key", {
  ...check,
  cases: casesOf([1], [4, 8]),
  differentiable: ["v"],
  runs: 4,
});

describe("attention", () => {
  it("neither overflows nor loses rows where scores are large", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const q = tensor(device, [100, 0, 0, 0], [1, 1, 1, 4]);
    const k = tensor(device, [90, 0, 0, 0, 100, 0, 0, 0], [1, 2, 1, 4]);
    const v = tensor(device, [1, 1, 1, 1, 2, 3, 4, 5], [1, 2, 1, 4]);
    expect([...(await attention(q, k, v).read())]).toEqual([2, 3, 4, 5]);
  });

  it("multiplies the products by the scale given", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const q = tensor(device, [1, 2, 3, 4], [1, 1, 1, 4]);
    const kv = tensor(device, [1, 1, 1, 1, 3, 3, 3, 3], [1, 2, 1, 4]);
    expect([...(await attention(q, kv, kv, { scale: 0 }).read())]).toEqual([2, 2, 2, 2]);
  });

  it("names what does not fit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const of = (...shape: number[]) => zeros(device, shape);
    const x = of(1, 3, 4, 8);
    expect(() => attention(x, of(1, 3, 3, 8), of(1, 3, 3, 8))).toThrow(
      "[attention] q, k, v are [1, 3, 4, 8], [1, 3, 3, 8], [1, 3, 3, 8]: 4 query heads must be a multiple of 3 key heads",
    );
    expect(() => attention(x, of(2, 3, 4, 8), of(2, 3, 4, 8))).toThrow("the batches 1 and 2 differ");
    expect(() => attention(x, of(1, 3, 4, 4), of(1, 3, 4, 4))).toThrow("the widths 8 and 4 differ");
    expect(() => attention(x, x, of(1, 2, 4, 8))).toThrow("k and v must have one shape");
    const odd = of(1, 3, 4, 6);
    expect(() => attention(odd, odd, odd)).toThrow("the width 6 must be a multiple of 4, at most 128: pad");
    const wide = of(1, 1, 1, 132);
    expect(() => attention(wide, wide, wide)).toThrow("the width 132");
    const few = of(1, 2, 4, 8);
    expect(() => attention(x, few, few, { mask: "causal" })).toThrow(
      "the first would see no key; give at least 3 keys, or a prefix",
    );
    expect(() => attention(x, x, x, { prefix: 2 })).toThrow('needs mask "prefixCausal", got 2 with "none"');
  });
});
