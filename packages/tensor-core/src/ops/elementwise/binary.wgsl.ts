/** @file The kernels of every row of the binary table, over operands of one shape. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { quadFormat } from "../../kernel/wgsl/quadFormat.ts";
import { type BinaryName, binaryTable } from "./binaryTable.ts";

export interface BinaryVariant {
  readonly name: BinaryName;
  readonly dtype: "f32" | "f16";
}

/** y = f(a, b), four elements an invocation; b repeats every `bQuads`. */
export function binaryForward({ name, dtype }: BinaryVariant) {
  const { element, load, store, functions, suffix } = quadFormat(dtype);
  return {
    label: `${name}.forward${suffix}`,
    workgroup: 64,
    buffers: { a: read(element), b: read(element), y: write(element) },
    uniforms: { quads: "u32", bQuads: "u32" },
    body: wgsl`
${flatGroup}${functions}
fn apply(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> { return ${binaryTable[name].forward}; }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i < params.quads) { y[i] = ${store(`apply(${load("a[i]")}, ${load("b[i % params.bQuads]")})`)}; }
}`,
  } as const satisfies KernelSpec;
}

/** The gradient of one side, before broadcast axes are summed; b repeats every `bQuads`. */
export function binaryBackward({ name, dtype, side }: BinaryVariant & { readonly side: "da" | "db" }) {
  const { element, load, store, functions, suffix } = quadFormat(dtype);
  const slope = ["a[i]", "b[i % params.bQuads]", "dy[i]"].map(load).join(", ");
  return {
    label: `${name}.backward.${side[1]}${suffix}`,
    workgroup: 64,
    buffers: { a: read(element), b: read(element), dy: read(element), d: write(element) },
    uniforms: { quads: "u32", bQuads: "u32" },
    body: wgsl`
${flatGroup}${functions}
fn slope(a: vec4<f32>, b: vec4<f32>, dy: vec4<f32>) -> vec4<f32> { return ${binaryTable[name][side]}; }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i < params.quads) { d[i] = ${store(`slope(${slope})`)}; }
}`,
  } as const satisfies KernelSpec;
}
