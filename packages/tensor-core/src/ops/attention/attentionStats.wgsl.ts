/** @file What the backward kernels of attention need of each query besides its rows. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { quadFormat } from "../../kernel/wgsl/quadFormat.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import type { Stored } from "./storedAs.ts";

/** (lse, dy·y) of every query, for the backward kernels. */
export const attentionStats = byVariant(({ dtype }: Stored) => {
  const { element, load, functions, suffix } = quadFormat(dtype);
  return {
    label: `attention.backward.stats${suffix}`,
    workgroup: 64,
    uniforms: { tokens: "u32", heads: "u32", quads: "u32", units: "u32" },
    buffers: { y: read(element), dy: read(element), lse: read(), stats: write("vec2<f32>") },
    body: wgsl`
${flatGroup}${functions}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let unit = flatGroup(wid, nwg) * WG + lane;
  if (unit >= params.units) { return; }
  let head = (unit / params.tokens) % params.heads;
  let batch = unit / params.tokens / params.heads;
  let at = ((batch * params.tokens + unit % params.tokens) * params.heads + head) * params.quads;
  var product = vec4<f32>(0.0);
  for (var d = 0u; d < params.quads; d++) { product += ${load("y[at + d]")} * ${load("dy[at + d]")}; }
  stats[unit] = vec2<f32>(lse[unit], (product.x + product.y) + (product.z + product.w));
}`,
  } as const satisfies KernelSpec;
});
