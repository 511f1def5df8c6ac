/** @file Attention and all elements of its gradients against their formulas in f64. */

import { valueAndGrad } from "../autograd/tape.ts";
import { attention } from "../ops/attention/attention.ts";
import { mul } from "../ops/elementwise/binary.ts";
import { sum } from "../ops/reduce/sum.ts";
import { tensor } from "../tensor/create.ts";
import type { Device } from "../tensor/device.ts";
import { fromFloat16, toFloat16 } from "../tensor/float16.ts";
import { Random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Array64, assertClose, largest, random64, zeros64 } from "./array64.ts";
import { tolerance } from "./tolerance.ts";

/** Sizes and masks of attention. */
export interface AttentionCase {
  readonly batch: number;
  readonly tokens: number;
  readonly keys: number;
  readonly keyHeads: number;
  readonly group: number;
  readonly dim: number;
  readonly mask: "none" | "causal" | "prefixCausal";
  readonly prefix: number;
  /** Real keys of each batch item, and every so many keys, one that is hidden. */
  readonly masked?: { readonly lengths: readonly number[]; readonly hidden: number };
}

type Name = "q" | "k" | "v" | "dy";

const keyVisible = ({ keys, masked }: AttentionCase, b: number, j: number) =>
  j < (masked?.lengths[b] ?? keys) && (!masked || (j + b) % masked.hidden !== 0);

type Store = (x: Array64) => Array64;

/** y, dq, dk and dv by p = softmax(q kᵀ), ds = p (dy·v - dy·y), with y as it is stored. */
function reference(
  { q, k, v, dy }: Record<Name, Array64>,
  c: AttentionCase,
  store: Store,
): Record<"y" | "q" | "k" | "v", Array64> {
  const heads = c.keyHeads * c.group;
  const scale = 1 / Math.sqrt(c.dim);
  const out = { y: zeros64(q.shape), q: zeros64(q.shape), k: zeros64(k.shape), v: zeros64(v.shape) };
  const dot = (a: Array64, at: number, b: Array64, from: number) => {
    let total = 0;
    for (let d = 0; d < c.dim; d++) total += a.data[at + d]! * b.data[from + d]!;
    return total;
  };
  const add = (to: Array64, at: number, factor: number, x: Array64, from: number) => {
    for (let d = 0; d < c.dim; d++) to.data[at + d]! += factor * x.data[from + d]!;
  };
  for (let row = 0; row < c.batch * c.tokens * heads; row++) {
    const [b, i, h] = [Math.floor(row / heads / c.tokens), Math.floor(row / heads) % c.tokens, row % heads];
    const past = c.mask === "none" ? c.keys : Math.max(c.prefix, c.keys - c.tokens + i + 1);
    const columns = Array.from({ length: c.keys }, (_, j) => j).filter(
      (j) => j < past && keyVisible(c, b, j),
    );
    const at = columns.map((j) => ((b * c.keys + j) * c.keyHeads + Math.floor(h / c.group)) * c.dim);
    const weights = at.map((from) => Math.exp(scale * dot(q, row * c.dim, k, from)));
    const total = weights.reduce((all, w) => all + w, 0);
    const p = weights.map((w) => w / total);
    const slopes = at.map((from) => dot(dy, row * c.dim, v, from));
    at.forEach((from, n) => add(out.y, row * c.dim, p[n]!, v, from));
    const y = store({ shape: [c.dim], data: out.y.data.slice(row * c.dim, (row + 1) * c.dim) });
    const mean = dot(y, 0, dy, row * c.dim);
    at.forEach((from, n) => {
      const ds = p[n]! * (slopes[n]! - mean) * scale;
      add(out.q, row * c.dim, ds, k, from);
      add(out.k, from, ds, q, row * c.dim);
      add(out.v, from, p[n]!, dy, row * c.dim);
    });
  }
  return out;
}

const asHalf: Store = ({ shape, data }) => ({
  shape,
  data: Float64Array.from(fromFloat16(toFloat16(data))),
});

const draw = (shape: number[], seed: number) => random64(shape, new Random(seed), -2, 2);

/** Throws where y, dq, dk or dv of a case differ from the formulas, for tensors of a dtype. */
export async function checkAttention(
  device: Device,
  c: AttentionCase,
  dtype: "f32" | "f16" = "f32",
): Promise<void> {
  using _scope = device.scope();
  const rows = [c.batch, c.tokens, c.keyHeads * c.group, c.dim];
  const columns = [c.batch, c.keys, c.keyHeads, c.dim];
  const store: Store = dtype === "f16" ? asHalf : (x) => x;
  const of = (shape: number[], seed: number) => store(draw(shape, seed));
  const given = { q: of(rows, 1), k: of(columns, 2), v: of(columns, 3), dy: of(rows, 4) };
  const upload = (x: Array64) => tensor(device, x.data, x.shape, dtype);
  const [q, k, v, dy] = [upload(given.q), upload(given.k), upload(given.v), upload(given.dy)];
  const { mask, prefix, masked, batch, keys } = c;
  const seen = Array.from({ length: batch * keys }, (_, at) =>
    Number(!masked || (Math.floor(at / keys) + (at % keys)) % masked.hidden !== 0),
  );
  const options = {
    mask,
    ...(mask === "prefixCausal" ? { prefix } : {}),
    ...(masked && {
      lengths: tensor(device, masked.lengths, [batch], "i32"),
      keyMask: tensor(device, seen, [batch, keys], "i32"),
    }),
  };
  let y: Tensor = q;
  const { grads } = valueAndGrad(
    () => sum(mul((y = attention(q, k, v, options)), dy)),
    new Map(Object.entries({ q, k, v })),
  );
  const want = reference(given, c, store);
  const depth = Math.max(c.tokens * c.group, keys, c.dim);
  for (const [part, { data }] of Object.entries(want)) {
    const got = part === "y" ? y : (grads.get(part) as Tensor);
    assertClose(part, await got.read(), data, tolerance("composite", depth, largest(data), dtype));
  }
}
