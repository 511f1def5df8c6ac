/** @file Powers of one tensor to another, and their slopes, over operands of one shape. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { quadFormat } from "../../kernel/wgsl/quadFormat.ts";

export interface PowerVariant {
  readonly dtype: "f32" | "f16";
}

// WGSL's pow takes no negative base. Twice the half of an odd number is whole, and of its half the fraction is a half.
const power = wgsl`
// Not a constant: WGSL refuses a constant NaN.
fn notANumber() -> vec4<f32> { return vec4<f32>(bitcast<f32>(params.quads | 0x7fc00000u)); }
fn power(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> {
  // Adapters disagree on the powers of 0.
  let raised = select(pow(abs(a), abs(b)), vec4<f32>(0.0), a == vec4<f32>(0.0));
  let size = select(raised, 1.0 / raised, b < vec4<f32>(0.0));
  let odd = fract(abs(b) * 0.5) == vec4<f32>(0.5);
  let whole = fract(b) == vec4<f32>(0.0);
  let negative = select(notANumber(), select(size, -size, odd), whole);
  let known = select(notANumber(), select(size, negative, a < vec4<f32>(0.0)), (a == a) & (b == b));
  return select(known, vec4<f32>(1.0), b == vec4<f32>(0.0));
}
`;

// Adapters disagree on the logarithms of negative numbers and of NaN.
const logarithm = wgsl`
fn logarithm(a: vec4<f32>) -> vec4<f32> { return select(notANumber(), log(abs(a)), a >= vec4<f32>(0.0)); }
`;

const position = wgsl`
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.quads) { return; }
`;

/** y = a^b, four elements an invocation; b repeats every `bQuads`. */
export function powerForward({ dtype }: PowerVariant) {
  const { element, load, store, functions, suffix } = quadFormat(dtype);
  return {
    label: `power.forward${suffix}`,
    workgroup: 64,
    buffers: { a: read(element), b: read(element), y: write(element) },
    uniforms: { quads: "u32", bQuads: "u32" },
    body: wgsl`
${flatGroup}${functions}${power}${position}
  y[i] = ${store(`power(${load("a[i]")}, ${load("b[i % params.bQuads]")})`)};
}`,
  } as const satisfies KernelSpec;
}

/** The gradient of one side, before broadcast axes are summed: da = dy b a^(b-1), db = dy a^b log a; 0 where a^b is constant. */
export function powerBackward({ dtype, side }: PowerVariant & { readonly side: "a" | "b" }) {
  const { element, load, store, functions, suffix } = quadFormat(dtype);
  const slope = {
    a: "select(b * power(a, b - 1.0), vec4<f32>(0.0), b == vec4<f32>(0.0))",
    b: "select(power(a, b) * logarithm(a), vec4<f32>(0.0), (a == vec4<f32>(0.0)) & (b >= vec4<f32>(0.0)))",
  };
  return {
    label: `power.backward.${side}${suffix}`,
    workgroup: 64,
    buffers: { a: read(element), b: read(element), dy: read(element), d: write(element) },
    uniforms: { quads: "u32", bQuads: "u32" },
    body: wgsl`
${flatGroup}${functions}${power}${side === "b" ? logarithm : ""}
fn slope(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> { return ${slope[side]}; }
${position}
  d[i] = ${store(`${load("dy[i]")} * slope(${load("a[i]")}, ${load("b[i % params.bQuads]")})`)};
}`,
  } as const satisfies KernelSpec;
}
