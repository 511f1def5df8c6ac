/** @file Writes rows of keys and values into a cache, in place. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { quadFormat } from "../../kernel/wgsl/quadFormat.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import type { Stored } from "./storedAs.ts";

/** Rows [B, T, quads] go to rows `position` and on of [B, S, quads]; rows past the end of the cache are left out. */
export const appendKeyValueKernel = byVariant(({ dtype }: Stored) => {
  const { element, suffix } = quadFormat(dtype);
  return {
    label: `attention.appendKeyValue${suffix}`,
    workgroup: 64,
    uniforms: {
      tokens: "u32",
      capacity: "u32",
      quads: "u32",
      position: "u32",
      /** 0: `position` holds. 1: positions[0] does. 2: positions[batch] does. */
      counted: "u32",
      units: "u32",
    },
    buffers: {
      k: read(element),
      v: read(element),
      positions: read("i32"),
      keys: write(element),
      values: write(element),
    },
    body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let unit = flatGroup(wid, nwg) * WG + lane;
  if (unit >= params.units) { return; }
  let token = (unit / params.quads) % params.tokens;
  let batch = unit / params.quads / params.tokens;
  var position = i32(params.position);
  if (params.counted != 0u) { position = positions[select(0u, batch, params.counted == 2u)]; }
  let row = position + i32(token);
  if (row < 0 || row >= i32(params.capacity)) { return; }
  let at = (batch * params.capacity + u32(row)) * params.quads + unit % params.quads;
  keys[at] = k[unit];
  values[at] = v[unit];
}`,
  } as const satisfies KernelSpec;
});
