/** @file The kernels of every row of the binary table, over operands of one shape. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { type BinaryName, binaryTable } from "./binaryTable.ts";

/** y = f(a, b), four elements an invocation; b repeats every `bQuads`. */
export function binaryForward(name: BinaryName) {
  return {
    label: `${name}.forward`,
    workgroup: 64,
    buffers: { a: read("vec4<f32>"), b: read("vec4<f32>"), y: write("vec4<f32>") },
    uniforms: { quads: "u32", bQuads: "u32" },
    body: wgsl`
${flatGroup}
fn apply(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> { return ${binaryTable[name].forward}; }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i < params.quads) { y[i] = apply(a[i], b[i % params.bQuads]); }
}`,
  } as const satisfies KernelSpec;
}

/** The gradient of one side, before broadcast axes are summed; b repeats every `bQuads`. */
export function binaryBackward(name: BinaryName, side: "da" | "db") {
  return {
    label: `${name}.backward.${side[1]}`,
    workgroup: 64,
    buffers: { a: read("vec4<f32>"), b: read("vec4<f32>"), dy: read("vec4<f32>"), d: write("vec4<f32>") },
    uniforms: { quads: "u32", bQuads: "u32" },
    body: wgsl`
${flatGroup}
fn slope(a: vec4<f32>, b: vec4<f32>, dy: vec4<f32>) -> vec4<f32> { return ${binaryTable[name][side]}; }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i < params.quads) { d[i] = slope(a[i], b[i % params.bQuads], dy[i]); }
}`,
  } as const satisfies KernelSpec;
}
