/** @file attention against softmax(q kᵀ) v in f64. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { ones, tensor, zeros } from "../../tensor/create.ts";
import { Device } from "../../tensor/device.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Array64, zeros64 } from "../../testing/array64.ts";
import { describeOp } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { sum } from "../reduce/sum.ts";
import { attentionDecode } from "./attentionDecode.ts";
import { attention, type AttentionOptions } from "./attention.ts";

interface Case {
  readonly batch: number;
  readonly tokens: number;
  readonly keys: number;
  readonly keyHeads: number;
  readonly group: number;
  readonly dim: number;
  readonly mask: "none" | "causal" | "prefixCausal";
  readonly prefix: number;
  /** Real keys of each batch item. */
  readonly lengths?: readonly number[] | undefined;
  /** Every so many keys, one is hidden. */
  readonly hidden?: number | undefined;
}

interface Sizes {
  readonly tokens: readonly number[];
  readonly keys: readonly number[];
  readonly dims: readonly number[];
}

const casesOf = ({ tokens, keys, dims }: Sizes): fc.Arbitrary<Case> =>
  fc.record({
    batch: fc.constantFrom(1, 2),
    tokens: fc.constantFrom(...tokens),
    keys: fc.constantFrom(...keys),
    keyHeads: fc.constantFrom(1, 2),
    group: fc.constantFrom(1, 3),
    dim: fc.constantFrom(...dims),
    mask: fc.constantFrom("none", "causal", "prefixCausal"),
    prefix: fc.constantFrom(1, 5, 40),
  });

const maskedCasesOf = (sizes: Sizes): fc.Arbitrary<Case> =>
  fc
    .tuple(
      casesOf(sizes),
      fc.option(fc.tuple(fc.nat(70), fc.nat(70)), { nil: undefined }),
      fc.option(fc.constantFrom(1, 2, 5), { nil: undefined }),
    )
    .map(([c, lengths, hidden]) => ({ ...c, lengths, hidden }));

const isVisible = ({ lengths, hidden }: Case, b: number, j: number) =>
  (!lengths || j < (lengths[b] as number)) && (!hidden || (j + b) % hidden !== 0);

function options(c: Case, device: Device): AttentionOptions {
  const { batch, keys, mask, prefix, lengths, hidden } = c;
  const seen = Array.from({ length: batch * keys }, (_, at) => {
    const visible = isVisible({ ...c, lengths: undefined }, Math.floor(at / keys), at % keys);
    return visible ? 1 + at : 0;
  });
  return {
    mask,
    ...(mask === "prefixCausal" ? { prefix } : {}),
    ...(lengths ? { lengths: tensor(device, lengths.slice(0, batch), [batch], "i32") } : {}),
    ...(hidden ? { keyMask: tensor(device, seen, [batch, keys], "i32") } : {}),
  };
}

function reference({ q, k, v }: Record<string, Array64>, c: Case): Array64 {
  const { batch, tokens, keys, keyHeads, group, dim } = c;
  const heads = keyHeads * group;
  const y = zeros64([batch, tokens, heads, dim]);
  const [qs, ks, vs] = [q!.data, k!.data, v!.data];
  const weights = new Float64Array(keys);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < tokens; i++) {
        const row = ((b * tokens + i) * heads + h) * dim;
        const column = (j: number) => ((b * keys + j) * keyHeads + Math.floor(h / group)) * dim;
        let total = 0;
        for (let j = 0; j < keys; j++) {
          const behind = c.mask === "none" || j <= keys - tokens + i;
          const seen = (behind || (c.mask === "prefixCausal" && j < c.prefix)) && isVisible(c, b, j);
          let score = 0;
          for (let d = 0; d < dim; d++) score += qs[row + d]! * ks[column(j) + d]!;
          weights[j] = seen ? Math.exp(score / Math.sqrt(dim)) : 0;
          total += weights[j]!;
        }
        for (let j = 0; j < keys; j++) {
          const weight = weights[j]! / (total || 1);
          for (let d = 0; d < dim; d++) y.data[row + d]! += weight * vs[column(j) + d]!;
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
  op: ({ q, k, v }: Record<string, Tensor>, c: Case) => attention(q!, k!, v!, options(c, q!.device)),
  reference,
  opClass: "composite",
  depth: ({ keys, dim }: Case) => Math.max(keys, dim),
  gradientDepth: ({ tokens, keys, group, dim }: Case) => Math.max(tokens * group, keys, dim),
} as const;

const narrow = { tokens: [1, 7, 17, 33, 65], keys: [2, 7, 16, 17, 33, 65], dims: [4, 12, 16, 32] };
const wide = { tokens: [1, 5, 17], keys: [2, 17, 35], dims: [48, 64, 80, 96, 128] };
describeOp("attention", { ...check, cases: casesOf(narrow), runs: 10 });
describeOp("attention with wide heads", { ...check, cases: casesOf(wide), runs: 7 });
describeOp("attention with a mask of keys", { ...check, cases: maskedCasesOf(narrow), runs: 10 });
describeOp("attention without subgroups", {
  ...check,
  cases: maskedCasesOf({ ...narrow, dims: [4, 12] }),
  runs: 10,
  without: ["subgroups"],
});
describeOp("attention without subgroups and with wide heads", {
  ...check,
  cases: casesOf({ ...wide, dims: [48, 80, 128] }),
  runs: 4,
  without: ["subgroups"],
});
// A query sees fewer keys than the next from the end of the prefix on, and none where queries outnumber keys.
const edges: readonly Case[] = [
  { batch: 1, tokens: 7, keys: 9, keyHeads: 1, group: 1, dim: 4, mask: "prefixCausal", prefix: 3 },
  { batch: 2, tokens: 9, keys: 7, keyHeads: 1, group: 2, dim: 8, mask: "causal", prefix: 1 },
];
for (const without of [[], ["subgroups"]]) {
  const suffix = without.length > 0 ? " without subgroups" : "";
  describeOp(`attention at the edges of its masks${suffix}`, {
    ...check,
    cases: fc.constantFrom(...edges),
    runs: 6,
    without,
  });
}
// The weight of one key is 1 whatever q and k are: their gradients are rounding alone.
describeOp("attention over one key", {
  ...check,
  cases: casesOf({ tokens: [1, 7, 9, 33], keys: [1], dims: [4, 8] }),
  differentiable: ["v"],
  runs: 4,
});

describe("attention", () => {
  it("gives zeros, and gradients of zero, to queries that see no key", async () => {
    for (const without of [[], ["subgroups"]]) {
      const device = await testDevice(without);
      using _scope = device.scope();
      const q = ones(device, [1, 3, 2, 8]);
      const none = zeros(device, [1, 0, 2, 8]);
      expect(await attention(q, none, none).read()).toEqual(new Float32Array(48));
      const k = ones(device, [1, 2, 2, 8]);
      const lengths = tensor(device, [0], [1], "i32");
      const { grads } = valueAndGrad(
        () => sum(attention(q, k, k, { lengths })),
        new Map([
          ["q", q],
          ["k", k],
        ]),
      );
      expect(await grads.get("q")!.read()).toEqual(new Float32Array(48));
      expect(await grads.get("k")!.read()).toEqual(new Float32Array(32));
    }
  });

  it("sees all keys where there is no mask, whatever stands in its place", async () => {
    for (const without of [[], ["subgroups"]]) {
      const device = await testDevice(without);
      using _scope = device.scope();
      // As lengths, the bits of these keys would hide them.
      const k = zeros(device, [2, 5, 1, 8]);
      const q = ones(device, [2, 4, 1, 8]);
      const v = ones(device, [2, 5, 1, 8]);
      let y: Tensor = q;
      const { grads } = valueAndGrad(() => sum((y = attention(q, k, v))), new Map([["v", v]]));
      (await y.read()).forEach((value) => expect(value).toBeCloseTo(1, 6));
      (await grads.get("v")!.read()).forEach((value) => expect(value).toBeCloseTo(4 / 5, 6));
    }
  });

  it("takes no queries, and no batch", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const empty = zeros(device, [1, 0, 2, 8]);
    const k = ones(device, [1, 3, 2, 8]);
    const { grads } = valueAndGrad(() => sum(attention(empty, k, k)), new Map([["k", k]]));
    expect(await grads.get("k")?.read()).toEqual(new Float32Array(48));
    const lengths = tensor(device, [], [0], "i32");
    const nothing = zeros(device, [0, 3, 2, 8]);
    expect(attention(nothing, nothing, nothing, { lengths }).shape).toEqual([0, 3, 2, 8]);
  });

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

  it("hides keys in batches of more items than an axis of the grid has workgroups", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const [batch, keys] = [65_537, 4];
    const q = zeros(device, [batch, 1, 1, 4]);
    const values = Float32Array.from({ length: batch * keys * 4 }, (_, at) => Math.floor(at / 4) % keys);
    const kv = tensor(device, values, [batch, keys, 1, 4]);
    const lengths = Int32Array.from({ length: batch }, (_, b) => 1 + (b % keys));
    const seen = Int32Array.from({ length: batch * keys }, (_, at) => (at % keys === 0 ? 0 : 1));
    const y = await attention(q, kv, kv, {
      lengths: tensor(device, lengths, [batch], "i32"),
      keyMask: tensor(device, seen, [batch, keys], "i32"),
    }).read();
    // The mean of the keys 1 to length - 1; 0 where there are none.
    const wrong = lengths.findIndex(
      (length, b) => Math.abs(y[4 * b]! - (length > 1 ? length / 2 : 0)) > 1e-5,
    );
    expect(wrong).toBe(-1);
  });

  it("takes memory linear in tokens, forward and backward", async () => {
    const device = await Device.open();
    const bytesFor = async (tokens: number) => {
      const before = device.stats.usedBytes;
      using _scope = device.scope();
      const x = ones(device, [1, tokens, 1, 4]);
      const { value } = valueAndGrad(() => sum(attention(x, x, x)), new Map([["x", x]]));
      await value.item();
      return device.stats.peakBytes - before;
    };
    // The peak only rises: the shorter goes first.
    const short = await bytesFor(1025);
    const long = await bytesFor(2049);
    // Twice the tokens; passes of equal length may differ by some rows.
    expect(long / short).toBeLessThan(2.5);
    // What T x T scores alone would take.
    expect(long).toBeLessThan((4 * 2049 ** 2) / 2);
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
    expect(() => attention(x, x, x, { lengths: of(1) })).toThrow("lengths must be [1] i32, got [1] f32");
    const keyMask = tensor(device, [1, 1], [1, 2], "i32");
    expect(() => attention(x, x, x, { keyMask })).toThrow("keyMask must be [1, 3] i32, got [1, 2] i32");
    expect(() => attention(x, x, x, { prefix: 2 })).toThrow('needs mask "prefixCausal", got 2 with "none"');
    for (const mask of ["full", null, ""] as never[]) {
      expect(() => attention(x, x, x, { mask })).toThrow(
        `[attention] mask must be "none", "causal" or "prefixCausal", got "${String(mask)}"`,
      );
    }
    for (const scale of [NaN, Infinity]) {
      expect(() => attention(x, x, x, { scale })).toThrow(
        `[attention] scale must be a finite number, got ${scale}`,
      );
      expect(() => attentionDecode(x, { keys: x, values: x }, 3, { scale })).toThrow(
        `[attentionDecode] scale must be a finite number, got ${scale}`,
      );
    }
  });
});
