/** @file Conversion between dtypes, four elements an invocation. */

import { type ElementType, read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { halfFunctions, quadFormat } from "../../kernel/wgsl/quadFormat.ts";
import type { DType } from "../../tensor/dtype.ts";

/** How a kernel sees four elements of a dtype: the vector it computes with, and its buffer element. */
function quadOf(dtype: DType) {
  if (dtype === "f32" || dtype === "f16") return { vector: "vec4<f32>", ...quadFormat(dtype) };
  const vector: ElementType = dtype === "i32" ? "vec4<i32>" : "vec4<u32>";
  return { vector, element: vector, load: (e: string) => e, store: (v: string) => v };
}

/** y = x in another dtype; floats lose their fraction as whole numbers, and stop at the ends of the range. */
export function castKernel(from: DType, to: DType) {
  const [source, target] = [quadOf(from), quadOf(to)];
  return {
    label: `cast.${from}.${to}`,
    workgroup: 64,
    buffers: { x: read(source.element), y: write(target.element) },
    uniforms: { quads: "u32" },
    body: wgsl`
${flatGroup}
${from === "f16" || to === "f16" ? halfFunctions : ""}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i < params.quads) { y[i] = ${target.store(`${target.vector}(${source.load("x[i]")})`)}; }
}`,
  } as const satisfies KernelSpec;
}
