/** @file Comparison and choice, element by element, over operands of one shape. */

import { type ElementType, read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { quadFormat } from "../../kernel/wgsl/quadFormat.ts";
import type { DType } from "../../tensor/dtype.ts";
import { type ComparisonName, comparisonTable } from "./comparisonTable.ts";

/** How a kernel sees four elements of a dtype. */
function quadOf(dtype: DType) {
  if (dtype === "f32" || dtype === "f16") return { vector: "vec4<f32>", ...quadFormat(dtype) };
  const vector: ElementType = dtype === "i32" ? "vec4<i32>" : "vec4<u32>";
  return { vector, element: vector, load: (e: string) => e, store: (v: string) => v, functions: "" };
}

/** y = 1 where a and b compare so, else 0. */
export function compareKernel({ name, dtype }: { name: ComparisonName; dtype: DType }) {
  const { vector, element, load, functions } = quadOf(dtype);
  return {
    label: `${name}.forward.${dtype}`,
    workgroup: 64,
    buffers: { a: read(element), b: read(element), y: write("vec4<f32>") },
    uniforms: { quads: "u32", bQuads: "u32" },
    body: wgsl`
${flatGroup}${functions}
const zero = vec4<f32>(0.0);
const one = vec4<f32>(1.0);

fn compare(a: ${vector}, b: ${vector}) -> vec4<f32> { return ${comparisonTable[name].forward}; }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.quads) { return; }
  y[i] = compare(${load("a[i]")}, ${load("b[i % params.bQuads]")});
}`,
  } as const satisfies KernelSpec;
}

/** y = a where the condition is not 0, else b. */
export function whereKernel({ dtype }: { dtype: DType }) {
  const { element, load, store, functions } = quadOf(dtype);
  return {
    label: `where.forward.${dtype}`,
    workgroup: 64,
    buffers: { condition: read("vec4<f32>"), a: read(element), b: read(element), y: write(element) },
    uniforms: { quads: "u32" },
    body: wgsl`
${flatGroup}${functions}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.quads) { return; }
  y[i] = ${store(`select(${load("b[i]")}, ${load("a[i]")}, condition[i] != vec4<f32>(0.0))`)};
}`,
  } as const satisfies KernelSpec;
}
