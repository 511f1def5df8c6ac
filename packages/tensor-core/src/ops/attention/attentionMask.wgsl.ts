/** @file What all attention kernels share: their uniforms and the mask. */

import { wgsl } from "../../kernel/kernelSpec.ts";

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
} as const;

/**
 * Query i stands at position S - T + i and sees the keys up to it, and the first `prefix` ones: always a run from key 0.
 * So one number stands for every mask: prefix = S for none, 0 for causal.
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
`;
