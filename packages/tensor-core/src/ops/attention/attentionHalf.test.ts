/** @file attention, attentionDecode and the cache on f16: against f64, and rounded once. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { ones, tensor, zeros } from "../../tensor/create.ts";
import type { Device } from "../../tensor/device.ts";
import { fromFloat16, toFloat16 } from "../../tensor/float16.ts";
import { Random } from "../../tensor/random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Array64, assertClose, largest, random64, zeros64 } from "../../testing/array64.ts";
import { describeOp } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { tolerance } from "../../testing/tolerance.ts";
import { mul } from "../elementwise/binary.ts";
import { reshape } from "../layout/reshape.ts";
import { sum } from "../reduce/sum.ts";
import { attention, type AttentionOptions } from "./attention.ts";
import { attentionDecode } from "./attentionDecode.ts";
import { appendKeyValue, keyValueCache } from "./keyValueCache.ts";

interface Case {
  readonly batch: number;
  readonly tokens: number;
  readonly keys: number;
  readonly keyHeads: number;
  readonly group: number;
  readonly dim: number;
  readonly mask: "none" | "causal" | "prefixCausal";
  /** Real keys of each batch item. */
  readonly lengths?: readonly [number, number] | undefined;
}

const prefix = 5;

const casesOf = (
  sizes: Readonly<Record<"tokens" | "keys" | "dims", readonly number[]>>,
): fc.Arbitrary<Case> =>
  fc.record({
    batch: fc.constantFrom(1, 2),
    tokens: fc.constantFrom(...sizes.tokens),
    keys: fc.constantFrom(...sizes.keys),
    keyHeads: fc.constantFrom(1, 2),
    group: fc.constantFrom(1, 3),
    dim: fc.constantFrom(...sizes.dims),
    mask: fc.constantFrom("none" as const, "causal" as const, "prefixCausal" as const),
    lengths: fc.option(fc.tuple(fc.nat(70), fc.nat(70)), { nil: undefined }),
  });

type Sees = (b: number, i: number, j: number) => boolean;

/** Visits each row of q with where the keys lie that it sees, query i of item b key j, and their weights. */
function eachRow(
  { q, k }: Record<string, Array64>,
  sees: Sees,
  visit: (row: number, keysAt: readonly number[], weights: readonly number[]) => void,
): void {
  const [batch, tokens, heads, dim] = q!.shape as [number, number, number, number];
  const [, keys, keyHeads] = k!.shape as [number, number, number, number];
  for (let row = 0; row < batch * tokens * heads; row++) {
    const [b, i] = [Math.floor(row / heads / tokens), Math.floor(row / heads) % tokens];
    const keyHead = Math.floor((row % heads) / (heads / keyHeads));
    const seen = Array.from({ length: keys }, (_, j) => j).filter((j) => sees(b, i, j));
    const at = seen.map((j) => ((b * keys + j) * keyHeads + keyHead) * dim);
    const scores = at.map((from) => Math.exp(dot(dim, q!, row * dim, k!, from) / Math.sqrt(dim)));
    const total = scores.reduce((all, score) => all + score, 0);
    visit(
      row,
      at,
      scores.map((score) => score / total),
    );
  }
}

function dot(dim: number, a: Array64, at: number, b: Array64, from: number): number {
  let total = 0;
  for (let d = 0; d < dim; d++) total += a.data[at + d]! * b.data[from + d]!;
  return total;
}

function add(dim: number, to: Array64, at: number, factor: number, x: Array64, from: number): void {
  for (let d = 0; d < dim; d++) to.data[at + d]! += factor * x.data[from + d]!;
}

/** softmax(q kᵀ / sqrt(D)) v */
function attend(inputs: Record<string, Array64>, sees: Sees): Array64 {
  const y = zeros64(inputs.q!.shape);
  const dim = y.shape[3] as number;
  eachRow(inputs, sees, (row, at, weights) =>
    at.forEach((from, n) => add(dim, y, row * dim, weights[n]!, inputs.v!, from)),
  );
  return y;
}

/** dq, dk and dv by ds = p (dy·v - dy·y), with y as f16 holds it. */
function gradients(inputs: Record<string, Array64>, sees: Sees): Record<"dq" | "dk" | "dv", Array64> {
  const { q, k, v, dy } = inputs as Record<"q" | "k" | "v" | "dy", Array64>;
  const { shape, data } = attend(inputs, sees);
  const y = { shape, data: Float64Array.from(fromFloat16(toFloat16(data))) };
  const dim = shape[3] as number;
  const out = { dq: zeros64(q.shape), dk: zeros64(k.shape), dv: zeros64(v.shape) };
  eachRow(inputs, sees, (row, keysAt, weights) => {
    const at = row * dim;
    const delta = dot(dim, dy, at, y, at);
    keysAt.forEach((from, n) => {
      const ds = (weights[n]! * (dot(dim, dy, at, v, from) - delta)) / Math.sqrt(dim);
      add(dim, out.dq, at, ds, k, from);
      add(dim, out.dk, from, ds, q, at);
      add(dim, out.dv, from, weights[n]!, dy, at);
    });
  });
  return out;
}

const seenIn =
  ({ tokens, keys, mask, lengths }: Case): Sees =>
  (b, i, j) => {
    const behind = mask === "none" || j <= keys - tokens + i || (mask === "prefixCausal" && j < prefix);
    return behind && j < (lengths?.[b] ?? keys);
  };

const optionsOf = ({ batch, mask, lengths }: Case, device: Device): AttentionOptions => ({
  mask,
  ...(mask === "prefixCausal" && { prefix }),
  ...(lengths && { lengths: tensor(device, lengths.slice(0, batch), [batch], "i32") }),
});

const check = {
  dtype: "f16",
  range: [-2, 2],
  shapes: ({ batch, tokens, keys, keyHeads, group, dim }: Case) => ({
    q: [batch, tokens, keyHeads * group, dim],
    k: [batch, keys, keyHeads, dim],
    v: [batch, keys, keyHeads, dim],
  }),
  op: ({ q, k, v }: Record<string, Tensor>, c: Case) => attention(q!, k!, v!, optionsOf(c, q!.device)),
  reference: (inputs: Record<string, Array64>, c: Case) => attend(inputs, seenIn(c)),
  opClass: "composite",
  depth: ({ keys, dim }: Case) => Math.max(keys, dim),
  gradientDepth: ({ tokens, keys, group, dim }: Case) => Math.max(tokens * group, keys, dim),
  // Those of q and k see the rounding of y, which differences do not: below, each of their elements is looked at.
  differentiable: ["v"],
} as const;

const narrow = { tokens: [1, 7, 17, 33], keys: [2, 7, 17, 35], dims: [4, 12, 32] };
const wide = { tokens: [1, 5, 17], keys: [2, 17, 35], dims: [48, 80] };
describeOp("attention of f16", { ...check, cases: casesOf(narrow), runs: 8 });
describeOp("attention of f16 with wide heads", { ...check, cases: casesOf(wide), runs: 5 });
describeOp("attention of f16 without subgroups", {
  ...check,
  cases: casesOf({ ...narrow, dims: [4, 12, 48] }),
  runs: 6,
  without: ["subgroups"],
});

/** Values that f16 holds. */
function half(shape: readonly number[], seed: number): Array64 {
  const { data } = random64(shape, new Random(seed), -2, 2);
  return { shape, data: Float64Array.from(fromFloat16(toFloat16(data))) };
}

const inputsOf = (c: Case) => {
  const { q, k, v } = check.shapes(c);
  return { q: half(q, 1), k: half(k, 2), v: half(v, 3), dy: half(q, 4) };
};

/** dq, dk and dv of tensors of a dtype. */
async function gradientsIn(dtype: "f32" | "f16", c: Case, without: readonly string[]) {
  const device = await testDevice(without);
  using _scope = device.scope();
  const upload = ({ data, shape }: Array64) => tensor(device, data, shape, dtype);
  const given = inputsOf(c);
  const [q, k, v, dy] = [upload(given.q), upload(given.k), upload(given.v), upload(given.dy)];
  const { grads } = valueAndGrad(
    () => sum(mul(attention(q, k, v, optionsOf(c, device)), dy)),
    new Map(Object.entries({ dq: q, dk: k, dv: v })),
  );
  const found = { dq: grads.get("dq")!, dk: grads.get("dk")!, dv: grads.get("dv")! };
  expect(Object.values(found).map((x) => x.dtype)).toEqual([dtype, dtype, dtype]);
  return { dq: await found.dq.read(), dk: await found.dk.read(), dv: await found.dv.read() };
}

// Three passes of queries; grouped heads of a width that is no power of two.
const passes: Case = { batch: 1, tokens: 530, keys: 41, keyHeads: 1, group: 2, dim: 12, mask: "none" };
const grouped: Case = {
  batch: 2,
  tokens: 35,
  keys: 37,
  keyHeads: 2,
  group: 3,
  dim: 48,
  mask: "prefixCausal",
  lengths: [37, 22],
};

describe.each([[[]], [["subgroups"]]])("attention of f16 without [%s]", (without) => {
  it.each([passes, grouped])("has its gradients in %o", async (c) => {
    const got = await gradientsIn("f16", c, without);
    const want = gradients(inputsOf(c), seenIn(c));
    for (const name of ["dq", "dk", "dv"] as const) {
      const { data } = want[name];
      const bound = tolerance("composite", check.gradientDepth(c), largest(data), "f16");
      assertClose(name, got[name], data, bound);
    }
  });

  it("rounds a gradient once, whatever the passes that it is summed over", async () => {
    const { dv } = await gradientsIn("f16", passes, without);
    const { dv: single } = await gradientsIn("f32", passes, without);
    const slack = tolerance("arithmetic", 1, largest(single));
    const wrong = dv.findIndex((value, i) => {
      const want = single[i]!;
      return Math.abs(value - want) > Math.abs(want) * 2 ** -11 + slack;
    });
    expect(wrong).toBe(-1);
  });

  it("gives zeros, and gradients of zero, to queries that see no key", async () => {
    const device = await testDevice(without);
    using _scope = device.scope();
    const q = ones(device, [1, 3, 2, 8], "f16");
    const none = zeros(device, [1, 0, 2, 8], "f16");
    expect(await attention(q, none, none).read()).toEqual(new Float32Array(48));
    const k = ones(device, [1, 2, 2, 8], "f16");
    const empty = zeros(device, [1, 0, 2, 8], "f16");
    const { grads } = valueAndGrad(() => sum(attention(empty, k, k)), new Map([["k", k]]));
    expect(grads.get("k")!.dtype).toBe("f16");
    expect(await grads.get("k")!.read()).toEqual(new Float32Array(32));
  });
});

interface DecodeCase {
  readonly batch: number;
  readonly tokens: number;
  readonly capacity: number;
  readonly lengths: readonly number[];
  readonly heads: readonly [heads: number, keyHeads: number];
  readonly dim: number;
  readonly each: boolean;
}

const decodeCases: fc.Arbitrary<DecodeCase> = fc
  .record({
    batch: fc.constantFrom(1, 2),
    tokens: fc.constantFrom(1, 2, 5),
    capacity: fc.constantFrom(1, 63, 64, 65, 130, 300),
    heads: fc.constantFrom([1, 1] as const, [2, 2] as const, [6, 2] as const),
    dim: fc.constantFrom(4, 16, 48, 80, 128),
    each: fc.boolean(),
    share: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
  })
  .map(({ share, ...c }) => ({ ...c, lengths: share.map((x) => Math.round(x * c.capacity)) }));

describeOp("attentionDecode of f16", {
  cases: decodeCases,
  dtype: "f16",
  range: [-2, 2],
  shapes: ({ batch, tokens, capacity, heads: [heads, keyHeads], dim }) => ({
    q: [batch, tokens, heads, dim],
    k: [batch, capacity, keyHeads, dim],
    v: [batch, capacity, keyHeads, dim],
  }),
  op: ({ q, k, v }, { each, lengths, batch }) => {
    const length = each ? tensor(q!.device, lengths.slice(0, batch), [batch], "i32") : lengths[0]!;
    return attentionDecode(q!, { keys: k!, values: v! }, length);
  },
  reference: (inputs, { each, lengths, tokens }) =>
    attend(inputs, (b, i, j) => j <= (each ? lengths[b]! : lengths[0]!) - tokens + i),
  opClass: "composite",
  depth: ({ capacity, dim }) => Math.max(capacity, dim),
  differentiable: [],
  runs: 15,
});

describe("a cache of f16", () => {
  it("holds the rows that are appended, bit by bit, in half the bytes", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const cache = keyValueCache(device, 3, 3, 1, 4, "f16");
    expect([cache.keys.dtype, cache.values.bytes]).toEqual(["f16", 72]);
    const values = [1, -0, Infinity, 2 ** -24, 65504, 0.1, -2, 3, 5, 6, 7, 8, 9, 10, 11, 12];
    const rows = tensor(device, [...values, 13, 14, 15, 16, 17, 18, 19, 20], [3, 2, 1, 4], "f16");
    appendKeyValue(cache, rows, rows, tensor(device, [2, 1, 0], [3], "i32"));
    const kept = await rows.read();
    const none = [0, 0, 0, 0];
    const written = [...none, ...none, ...kept.subarray(0, 4), ...none, ...kept.subarray(8), ...none];
    expect([...(await cache.keys.read())]).toEqual(written);
    expect([...(await cache.values.read())]).toEqual(written);
    // One position for all items, by number and in a tensor; two heads.
    const pairs = reshape(rows, [3, 1, 2, 4]);
    for (const position of [1, tensor(device, [1], [1], "i32")]) {
      const other = keyValueCache(device, 3, 3, 2, 4, "f16");
      appendKeyValue(other, pairs, pairs, position);
      const behind = [0, 8, 16].flatMap((at) => [
        ...none,
        ...none,
        ...kept.subarray(at, at + 8),
        ...none,
        ...none,
      ]);
      expect([...(await other.keys.read())]).toEqual(behind);
    }
  });
});

describe("dtypes of attention", () => {
  it("must be one", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const [single, half] = [zeros(device, [1, 2, 1, 4]), zeros(device, [1, 2, 1, 4], "f16")];
    expect(() => attention(half, single, single)).toThrow(
      "[attention] q, k, v are [1, 2, 1, 4], [1, 2, 1, 4], [1, 2, 1, 4]: " +
        "all must be f32, or all f16, got f16, f32 and f32: cast them to one",
    );
    expect(() => attention(single, single, half)).toThrow("got f32, f32 and f16");
    const whole = zeros(device, [1, 2, 1, 4], "i32");
    expect(() => attention(whole, whole, whole)).toThrow("got i32, i32 and i32");
    const cache = keyValueCache(device, 1, 4, 1, 4, "f16");
    expect(() => attentionDecode(single, cache, 1)).toThrow(
      "[attentionDecode] q is [1, 2, 1, 4], the cache [1, 4, 1, 4]: q, keys and values must be all f32, or all f16, " +
        "got f32, f16 and f16: cast q, or make the cache in its dtype",
    );
    expect(() => appendKeyValue(cache, half, single, 0)).toThrow(
      "[appendKeyValue] k and v are f16 and f32, the cache f16 and f16: cast them, or make the cache in their dtype, f32 or f16",
    );
  });
});
