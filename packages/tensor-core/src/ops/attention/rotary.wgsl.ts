/** @file The rotation of rotary embeddings: one invocation for an item of the first half and its partner. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";

/**
 * (y1, y2) = (x1 cos - x2 sin, x2 cos + x1 sin) for the halves x1, x2 of each head; `turn` is 1, or -1 to turn back.
 *
 * The table holds, for each position, the cosines and then the sines of a half. `half` counts items of it.
 */
export const rotaryKernel = byVariant(({ quads }: { quads: boolean }) => {
  const item = quads ? "vec4<f32>" : "f32";
  return {
    label: "rotaryEmbedding",
    workgroup: 64,
    buffers: { x: read(item), table: read(item), y: write(item) },
    uniforms: { count: "u32", half: "u32", heads: "u32", tokens: "u32", offset: "u32", turn: "f32" },
    constants: { QUADS: quads },
    body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let unit = flatGroup(wid, nwg) * WG + lane;
  if (unit >= params.count) { return; }
  let head = unit / params.half;
  let i = unit % params.half;
  let position = (head / params.heads) % params.tokens + params.offset;
  let cosine = table[position * 2u * params.half + i];
  let sine = table[(position * 2u + 1u) * params.half + i] * params.turn;
  let at = head * 2u * params.half + i;
  let x1 = x[at];
  let x2 = x[at + params.half];
  y[at] = x1 * cosine - x2 * sine;
  y[at + params.half] = x2 * cosine + x1 * sine;
}`,
  } as const satisfies KernelSpec;
});
