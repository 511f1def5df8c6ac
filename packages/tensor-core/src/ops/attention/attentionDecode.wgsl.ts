/** @file Attention of a few queries over a long cache of keys: the keys are split, and what the splits give is joined. */

import { read, wgsl, write, type KernelSpec, type UniformNumbers } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { quadFormat } from "../../kernel/wgsl/quadFormat.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import type { Stored } from "./storedAs.ts";

/** Keys of a split: one for each invocation. */
export const keysPerSplit = 64;

const quad = "vec4<f32>";

/** T queries, S rows of the cache, H heads, Hkv key heads; `length` keys are in use unless `counted`, by the buffer. */
const decodeUniforms = {
  tokens: "u32",
  capacity: "u32",
  heads: "u32",
  group: "u32",
  quads: "u32",
  splits: "u32",
  length: "u32",
  /** 0: `length` holds. 1: lengths[0] does. 2: lengths[batch] does. */
  counted: "u32",
  scale: "f32",
  /** Quads of D, filled up to a power of two. */
  width: "u32",
  /** 1. */
  least: "u32",
  units: "u32",
} as const;

/** Keys that a query sees: it stands at position length - T + i. */
const keysSeen = wgsl`
fn keysSeen(batch: u32, query: u32) -> u32 {
  var length = i32(params.length);
  if (params.counted != 0u) { length = lengths[select(0u, batch, params.counted == 2u)]; }
  return u32(clamp(length + i32(query + 1u) - i32(params.tokens), 0, i32(params.capacity)));
}`;

/**
 * For one query of a head and the keys of a split: parts[0] = (maximum m of the scores, sum of 2^(s - m)), and from quad
 * 1 on Σ 2^(s - m) v. An invocation scores a key; then it sums a quad of D over every so many keys. Bounds come as
 * uniforms, so that no compiler unrolls a loop with barriers.
 */
export const attentionDecodeSplit = byVariant(({ dtype }: Stored) => {
  const { element, load, functions, suffix } = quadFormat(dtype);
  return {
    label: `attention.decode.split${suffix}`,
    workgroup: keysPerSplit,
    uniforms: decodeUniforms,
    // A split has so many keys at most.
    flop: ({ units, quads }: UniformNumbers<typeof decodeUniforms>) => 4 * units * keysPerSplit * quads * 4,
    buffers: {
      q: read(element),
      k: read(element),
      v: read(element),
      lengths: read("i32"),
      parts: write(quad),
    },
    body: wgsl`
${flatGroup}
${keysSeen}${functions}
var<workgroup> tops: array<vec2<f32>, WG>;
var<workgroup> weights: array<f32, WG>;
var<workgroup> sums: array<vec4<f32>, WG>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let unit = flatGroup(wid, nwg);
  if (unit >= params.units) { return; }
  let split = unit % params.splits;
  let row = unit / params.splits;
  let head = row % params.heads;
  let query = (row / params.heads) % params.tokens;
  let batch = row / params.heads / params.tokens;
  let first = split * WG;
  let seen = keysSeen(batch, query);
  if (first >= seen) { return; }
  let stride = params.heads / params.group * params.quads;
  let base = (batch * params.capacity + first) * stride + head / params.group * params.quads;
  let used = min(WG, seen - first);

  let keyAt = base + min(lane, used - 1u) * stride;
  var four = vec4<f32>(0.0);
  for (var d = 0u; d < params.quads; d++) { four += ${load("q[row * params.quads + d]")} * ${load("k[keyAt + d]")}; }
  // Scores are kept in units of log 2, for exp2.
  let score = ((four.x + four.y) + (four.z + four.w)) * params.scale * 1.4426950408889634;
  tops[lane] = select(vec2<f32>(-3.4028234e38, 0.0), vec2<f32>(score, 1.0), lane < used);
  workgroupBarrier();
  for (var half = WG / 2u; half >= params.least; half /= 2u) {
    if (lane < half) {
      let a = tops[lane];
      let b = tops[lane + half];
      let peak = max(a.x, b.x);
      tops[lane] = vec2<f32>(peak, a.y * exp2(a.x - peak) + b.y * exp2(b.x - peak));
    }
    workgroupBarrier();
  }
  let top = tops[0];
  weights[lane] = select(0.0, exp2(score - top.x), lane < used);
  workgroupBarrier();

  // A row of width invocations own the quads of D; WG / width of them share a quad.
  let own = min(lane % params.width, params.quads - 1u);
  var sum = vec4<f32>(0.0);
  for (var key = lane / params.width; key < used; key += WG / params.width) {
    sum += weights[key] * ${load("v[base + key * stride + own]")};
  }
  sums[lane] = sum;
  workgroupBarrier();
  for (var half = WG / 2u; half >= params.width; half /= 2u) {
    if (lane < half) { sums[lane] += sums[lane + half]; }
    workgroupBarrier();
  }
  let at = unit * (params.quads + 1u);
  if (lane == 0u) { parts[at] = vec4<f32>(top, 0.0, 0.0); }
  if (lane < params.quads) { parts[at + 1u + lane] = sums[lane]; }
}`,
  } as const satisfies KernelSpec;
});

/** y = Σ 2^(m - top) sums / Σ 2^(m - top) totals, over the splits in their order; zeros where no key is seen. */
export const attentionDecodeJoin = byVariant(({ dtype }: Stored) => {
  const { element, store, functions, suffix } = quadFormat(dtype);
  return {
    label: `attention.decode.join${suffix}`,
    workgroup: 32,
    uniforms: decodeUniforms,
    buffers: { parts: read(quad), lengths: read("i32"), y: write(element) },
    body: wgsl`
${flatGroup}
${keysSeen}${functions}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let row = flatGroup(wid, nwg);
  if (row >= params.units || lane >= params.quads) { return; }
  let query = (row / params.heads) % params.tokens;
  let used = (keysSeen(row / params.heads / params.tokens, query) + ${keysPerSplit - 1}u) / ${keysPerSplit}u;
  let stride = params.quads + 1u;
  var top = -3.4028234e38;
  var total = 0.0;
  var sum = vec4<f32>(0.0);
  for (var split = 0u; split < used; split++) {
    let at = (row * params.splits + split) * stride;
    let part = parts[at];
    let peak = max(top, part.x);
    let keep = exp2(top - peak);
    let scale = exp2(part.x - peak);
    total = total * keep + part.y * scale;
    sum = sum * keep + parts[at + 1u + lane] * scale;
    top = peak;
  }
  y[row * params.quads + lane] = ${store("sum / select(1.0, total, total > 0.0)")};
}`,
  } as const satisfies KernelSpec;
});
