/**
 * @file Attention where subgroups cannot share rows: one invocation a query, or a key.
 *
 * Keys visible to a query are always a run from the first: query i sees max(prefix, min(S, S - T + i + 1)) of them, so
 * one number stands for every mask (prefix = S for none, 0 for causal).
 */

import { read, wgsl, write, type KernelSpec, type UniformNumbers } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { quadFormat } from "../../kernel/wgsl/quadFormat.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { attentionUniforms, visibleKeys, visibleQuads } from "./attentionMask.wgsl.ts";
import type { Stored } from "./storedAs.ts";

/** What distinguishes the instances. */
export interface PlainVariant {
  /** Quads of a head, or where loops are `rolled` the most that one can have. */
  readonly quads: number;
  /**
   * Loops over a head are not unrolled: heads of all widths share a pipeline, and compilers on the CPU are done in a
   * fraction of the time. A GPU keeps the rows in registers only where they are.
   */
  readonly rolled: boolean;
}

/** Operations of one product of rows, a unit each, with `others` rows of the other side. */
const plainProductFlop = (units: number, others: number, quads: number): number =>
  2 * units * others * quads * 4;

const bound = ({ rolled }: PlainVariant) => (rolled ? "params.quads" : "QUADS");

/** A loop over keys with a running maximum, and sums scaled by it (Milakov and Gimelshein 2018, arXiv:1805.02867). */
export const attentionForwardPlain = byVariant((variant: PlainVariant & Stored) => {
  const { element, load, store, functions, suffix } = quadFormat(variant.dtype);
  return {
    label: `attention.forward${suffix}`,
    workgroup: 64,
    buffers: {
      q: read(element),
      k: read(element),
      v: read(element),
      y: write(element),
      lse: write(),
      visible: read("vec4<u32>"),
    },
    uniforms: attentionUniforms,
    flop: ({ units, keys, quads }: UniformNumbers<typeof attentionUniforms>) =>
      2 * plainProductFlop(units, keys, quads),
    constants: { QUADS: variant.quads, ROLLED: variant.rolled },
    body: wgsl`
${flatGroup}
${visibleKeys}${visibleQuads}${functions}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let unit = flatGroup(wid, nwg) * WG + lane;
  if (unit >= params.units) { return; }
  let i = unit % params.tokens;
  let head = (unit / params.tokens) % params.heads;
  let batch = unit / params.tokens / params.heads;
  let row = ((batch * params.tokens + i) * params.heads + head) * params.quads;
  let keyStride = params.keyHeads * params.quads;
  var key = batch * params.keys * keyStride + head / params.group * params.quads;
  var query = array<vec4<f32>, QUADS>();
  var sums = array<vec4<f32>, QUADS>();
  for (var d = 0u; d < ${bound(variant)}; d++) { query[d] = ${load("q[row + d]")} * params.scale; }
  var top = -3.4028234e38;
  var total = 0.0;
  for (var j = 0u; j < min(keysOf(i), endOfKeys(batch)); j++) {
    if (!isVisible(batch, j / 4u)[j % 4u]) {
      key += keyStride;
      continue;
    }
    var four = vec4<f32>(0.0);
    for (var d = 0u; d < ${bound(variant)}; d++) { four += query[d] * ${load("k[key + d]")}; }
    let score = (four.x + four.y) + (four.z + four.w);
    let peak = max(top, score);
    let keep = exp(top - peak);
    let p = exp(score - peak);
    total = total * keep + p;
    for (var d = 0u; d < ${bound(variant)}; d++) { sums[d] = sums[d] * keep + p * ${load("v[key + d]")}; }
    top = peak;
    key += keyStride;
  }
  // A query that sees no key gets zeros.
  let some = total > 0.0;
  for (var d = 0u; d < ${bound(variant)}; d++) { y[row + d] = ${store("sums[d] / select(1.0, total, some)")}; }
  lse[unit] = select(0.0, top + log(total), some);
}`,
  } as const satisfies KernelSpec;
});

/** p = e^(s - lse), ds = p (dy·v - delta):  dq = scale Σ ds k. */
export const attentionBackwardQueryPlain = byVariant((variant: PlainVariant & Stored) => {
  const { element, load, store, functions, suffix } = quadFormat(variant.dtype);
  return {
    label: `attention.backward.query${suffix}`,
    workgroup: 64,
    buffers: {
      q: read(element),
      k: read(element),
      v: read(element),
      dy: read(element),
      stats: read("vec2<f32>"),
      dq: write(element),
      visible: read("vec4<u32>"),
    },
    uniforms: attentionUniforms,
    flop: ({ units, keys, quads }: UniformNumbers<typeof attentionUniforms>) =>
      3 * plainProductFlop(units, keys, quads),
    constants: { QUADS: variant.quads, ROLLED: variant.rolled },
    body: wgsl`
${flatGroup}
${visibleKeys}${visibleQuads}${functions}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let unit = flatGroup(wid, nwg) * WG + lane;
  if (unit >= params.units) { return; }
  let i = unit % params.tokens;
  let head = (unit / params.tokens) % params.heads;
  let batch = unit / params.tokens / params.heads;
  let row = ((batch * params.tokens + i) * params.heads + head) * params.quads;
  let keyStride = params.keyHeads * params.quads;
  var key = batch * params.keys * keyStride + head / params.group * params.quads;
  var query = array<vec4<f32>, QUADS>();
  var upstream = array<vec4<f32>, QUADS>();
  var sums = array<vec4<f32>, QUADS>();
  for (var d = 0u; d < ${bound(variant)}; d++) {
    query[d] = ${load("q[row + d]")} * params.scale;
    upstream[d] = ${load("dy[row + d]")};
  }
  let stat = stats[unit];
  for (var j = 0u; j < min(keysOf(i), endOfKeys(batch)); j++) {
    if (!isVisible(batch, j / 4u)[j % 4u]) {
      key += keyStride;
      continue;
    }
    var score = vec4<f32>(0.0);
    var slope = vec4<f32>(0.0);
    for (var d = 0u; d < ${bound(variant)}; d++) {
      score += query[d] * ${load("k[key + d]")};
      slope += upstream[d] * ${load("v[key + d]")};
    }
    let p = exp((score.x + score.y) + (score.z + score.w) - stat.x);
    let ds = p * ((slope.x + slope.y) + (slope.z + slope.w) - stat.y);
    for (var d = 0u; d < ${bound(variant)}; d++) { sums[d] += ds * ${load("k[key + d]")}; }
    key += keyStride;
  }
  for (var d = 0u; d < ${bound(variant)}; d++) { dq[row + d] = ${store("sums[d] * params.scale")}; }
}`,
  } as const satisfies KernelSpec;
});

/** dk = scale Σ ds q, dv = Σ p dy, over the queries that see the key, in all heads of its group. */
export const attentionBackwardKeyPlain = byVariant((variant: PlainVariant & Stored) => {
  const { element, load, store, functions, suffix } = quadFormat(variant.dtype);
  return {
    label: `attention.backward.key${suffix}`,
    workgroup: 64,
    buffers: {
      q: read(element),
      k: read(element),
      v: read(element),
      dy: read(element),
      stats: read("vec2<f32>"),
      dk: write(element),
      dv: write(element),
      visible: read("vec4<u32>"),
    },
    uniforms: attentionUniforms,
    // A unit is a key of a group of heads.
    flop: ({ units, tokens, group, quads }: UniformNumbers<typeof attentionUniforms>) =>
      4 * plainProductFlop(units * group, tokens, quads),
    constants: { QUADS: variant.quads, ROLLED: variant.rolled },
    body: wgsl`
${flatGroup}
${visibleKeys}${visibleQuads}${functions}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let unit = flatGroup(wid, nwg) * WG + lane;
  if (unit >= params.units) { return; }
  let j = unit % params.keys;
  let keyHead = (unit / params.keys) % params.keyHeads;
  let batch = unit / params.keys / params.keyHeads;
  let row = ((batch * params.keys + j) * params.keyHeads + keyHead) * params.quads;
  var key = array<vec4<f32>, QUADS>();
  var value = array<vec4<f32>, QUADS>();
  var keySums = array<vec4<f32>, QUADS>();
  var valueSums = array<vec4<f32>, QUADS>();
  for (var d = 0u; d < ${bound(variant)}; d++) {
    key[d] = ${load("k[row + d]")} * params.scale;
    value[d] = ${load("v[row + d]")};
  }
  let groups = select(0u, params.group, j < endOfKeys(batch) && isVisible(batch, j / 4u)[j % 4u]);
  for (var g = 0u; g < groups; g++) {
    let head = keyHead * params.group + g;
    for (var i = firstQueryOf(j); i < params.tokens; i++) {
      let query = ((batch * params.tokens + i) * params.heads + head) * params.quads;
      let stat = stats[(batch * params.heads + head) * params.tokens + i];
      var score = vec4<f32>(0.0);
      var slope = vec4<f32>(0.0);
      for (var d = 0u; d < ${bound(variant)}; d++) {
        score += key[d] * ${load("q[query + d]")};
        slope += value[d] * ${load("dy[query + d]")};
      }
      let p = exp((score.x + score.y) + (score.z + score.w) - stat.x);
      let ds = p * ((slope.x + slope.y) + (slope.z + slope.w) - stat.y);
      for (var d = 0u; d < ${bound(variant)}; d++) {
        keySums[d] += ds * ${load("q[query + d]")};
        valueSums[d] += p * ${load("dy[query + d]")};
      }
    }
  }
  for (var d = 0u; d < ${bound(variant)}; d++) {
    dk[row + d] = ${store("keySums[d] * params.scale")};
    dv[row + d] = ${store("valueSums[d]")};
  }
}`,
  } as const satisfies KernelSpec;
});
