/** @file What all attention kernels share: their uniforms and the mask. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { workgroupReduce } from "../../kernel/wgsl/workgroupReduce.ts";

/** tokens T, keys S, heads H, keyHeads Hkv, group H / Hkv, quads D / 4; units of work that the grid covers. */
export const attentionUniforms = {
  tokens: "u32",
  keys: "u32",
  heads: "u32",
  keyHeads: "u32",
  group: "u32",
  prefix: "u32",
  scale: "f32",
  quads: "u32",
  units: "u32",
  masked: "u32",
} as const;

/**
 * Query i stands at position S - T + i and sees the keys up to it, and the first `prefix` ones: always a run from key 0.
 * So one number stands for every mask of positions: prefix = S for none, 0 for causal. A mask of keys, `visible` where
 * `masked` is not 0, cuts the run at the batch's last visible key and hides keys within it.
 */
export const visibleKeys = wgsl`
fn keysOf(query: u32) -> u32 {
  let past = max(i32(params.keys + query + 1u) - i32(params.tokens), 0);
  return max(params.prefix, min(u32(past), params.keys));
}

fn firstQueryOf(key: u32) -> u32 {
  if (key < params.prefix) { return 0u; }
  return u32(max(i32(key + params.tokens) - i32(params.keys), 0));
}

fn endOfKeys(batch: u32) -> u32 {
  if (params.masked == 0u) { return params.keys; }
  return visible[batch * ((params.keys + 3u) / 4u + 1u)].x;
}
`;

/** Which of the four keys of a quad a batch item may see. */
export const visibleQuads = wgsl`
fn isVisible(batch: u32, quad: u32) -> vec4<bool> {
  let quads = (params.keys + 3u) / 4u;
  let seen = visible[select(0u, batch * (quads + 1u) + 1u + min(quad, quads - 1u), params.masked != 0u)];
  return (seen != vec4<u32>(0u)) | vec4<bool>(params.masked == 0u);
}
`;

/**
 * Joins the lengths and the mask of keys into `visible` [B, 1 + S / 4] quads: how many keys lead to the last visible
 * one, and then for each key whether it is visible.
 */
export const attentionVisibility = {
  label: "attention.visibility",
  workgroup: 64,
  buffers: { lengths: read("i32"), keyMask: read("i32"), visible: write("vec4<u32>") },
  uniforms: { batches: "u32", keys: "u32", hasLengths: "u32", hasMask: "u32" },
  body: wgsl`
${flatGroup}${workgroupReduce}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let batch = flatGroup(wid, nwg);
  if (batch >= params.batches) { return; }
  let quads = (params.keys + 3u) / 4u;
  let base = batch * (quads + 1u);
  var length = params.keys;
  if (params.hasLengths != 0u) { length = u32(clamp(lengths[batch], 0, i32(params.keys))); }
  var end = 0u;
  for (var quad = lane; quad < quads; quad += WG) {
    var seen = vec4<u32>(0u);
    for (var part = 0u; part < 4u; part++) {
      let key = quad * 4u + part;
      if (key < length && (params.hasMask == 0u || keyMask[batch * params.keys + key] != 0)) {
        seen[part] = 1u;
        end = key + 1u;
      }
    }
    visible[base + 1u + quad] = seen;
  }
  // Counts below 2^24 are exact in f32.
  let last = workgroupMax(f32(end), lane);
  if (lane == 0u) { visible[base] = vec4<u32>(u32(last), 0u, 0u, 0u); }
}`,
} as const satisfies KernelSpec;
