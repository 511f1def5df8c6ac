/** @file The two kernels of every row of the unary table. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { quadFormat } from "../../kernel/wgsl/quadFormat.ts";
import { unaryFunctions, type UnaryName, unaryTable } from "./unaryTable.ts";

export interface UnaryVariant {
  readonly name: UnaryName;
  readonly dtype: "f32" | "f16";
}

/** y = f(x, s), four elements an invocation. */
export function unaryForward({ name, dtype }: UnaryVariant) {
  const { element, load, store, functions, suffix } = quadFormat(dtype);
  return {
    label: `${name}.forward${suffix}`,
    workgroup: 64,
    buffers: { x: read(element), y: write(element) },
    uniforms: { quads: "u32", s: "f32" },
    body: wgsl`
${flatGroup}${functions}
${functionsOf(unaryTable[name].forward)}fn apply(x: vec4<f32>, s: f32) -> vec4<f32> { return ${unaryTable[name].forward}; }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i < params.quads) { y[i] = ${store(`apply(${load("x[i]")}, params.s)`)}; }
}`,
  } as const satisfies KernelSpec;
}

/** dx from x, y and dy, four elements an invocation. */
export function unaryBackward({ name, dtype }: UnaryVariant) {
  const { element, load, store, functions, suffix } = quadFormat(dtype);
  const slope = ["x[i]", "y[i]", "dy[i]"].map(load).join(", ");
  return {
    label: `${name}.backward.x${suffix}`,
    workgroup: 64,
    buffers: { x: read(element), y: read(element), dy: read(element), dx: write(element) },
    uniforms: { quads: "u32", s: "f32" },
    body: wgsl`
${flatGroup}${functions}
${functionsOf(unaryTable[name].gradient)}
fn slope(x: vec4<f32>, y: vec4<f32>, dy: vec4<f32>, s: f32) -> vec4<f32> { return ${unaryTable[name].gradient}; }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i < params.quads) { dx[i] = ${store(`slope(${slope}, params.s)`)}; }
}`,
  } as const satisfies KernelSpec;
}

/** The functions that an expression of the table calls. */
function functionsOf(expression: string): string {
  return unaryFunctions
    .filter(({ name }) => expression.includes(`${name}(`))
    .map(({ text }) => text)
    .join("");
}
