/** @file One kernel that copies elements between strided layouts: transpose, slice, concat and broadcast are all it. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";

/** Axes that one copy can walk, after neighbouring axes are merged. */
export const maxStridedRank = 5;

export const stridedCopy = {
  label: "layout.stridedCopy",
  workgroup: 64,
  buffers: { x: read("u32"), y: write("u32") },
  uniforms: {
    count: "u32",
    xOffset: "u32",
    yOffset: "u32",
    n1: "u32",
    n2: "u32",
    n3: "u32",
    n4: "u32",
    xs0: "u32",
    xs1: "u32",
    xs2: "u32",
    xs3: "u32",
    xs4: "u32",
    ys0: "u32",
    ys1: "u32",
    ys2: "u32",
    ys3: "u32",
    ys4: "u32",
  },
  body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  var i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  let i4 = i % params.n4; i /= params.n4;
  let i3 = i % params.n3; i /= params.n3;
  let i2 = i % params.n2; i /= params.n2;
  let i1 = i % params.n1;
  let i0 = i / params.n1;
  y[params.yOffset + i0 * params.ys0 + i1 * params.ys1 + i2 * params.ys2 + i3 * params.ys3 + i4 * params.ys4] =
    x[params.xOffset + i0 * params.xs0 + i1 * params.xs1 + i2 * params.xs2 + i3 * params.xs3 + i4 * params.xs4];
}`,
} as const satisfies KernelSpec;
