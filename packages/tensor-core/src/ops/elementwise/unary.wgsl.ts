/** @file The two kernels of every row of the unary table. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { unaryFunctions, type UnaryName, unaryTable } from "./unaryTable.ts";

/** y = f(x, s), four elements an invocation. */
export function unaryForward(name: UnaryName) {
  return {
    label: `${name}.forward`,
    workgroup: 64,
    buffers: { x: read("vec4<f32>"), y: write("vec4<f32>") },
    uniforms: { quads: "u32", s: "f32" },
    body: wgsl`
${flatGroup}
fn apply(x: vec4<f32>, s: f32) -> vec4<f32> { return ${unaryTable[name].forward}; }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i < params.quads) { y[i] = apply(x[i], params.s); }
}`,
  } as const satisfies KernelSpec;
}

/** dx from x, y and dy, four elements an invocation. */
export function unaryBackward(name: UnaryName) {
  return {
    label: `${name}.backward.x`,
    workgroup: 64,
    buffers: { x: read("vec4<f32>"), y: read("vec4<f32>"), dy: read("vec4<f32>"), dx: write("vec4<f32>") },
    uniforms: { quads: "u32", s: "f32" },
    body: wgsl`
${flatGroup}
${unaryFunctions}
fn slope(x: vec4<f32>, y: vec4<f32>, dy: vec4<f32>, s: f32) -> vec4<f32> { return ${unaryTable[name].gradient}; }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i < params.quads) { dx[i] = slope(x[i], y[i], dy[i], params.s); }
}`,
  } as const satisfies KernelSpec;
}
