/** @file Random numbers by counter: a block of four words for every four elements, or two blocks for four normals. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { philoxFunctions } from "../../kernel/wgsl/philox.ts";
import { quadFormat } from "../../kernel/wgsl/quadFormat.ts";

/** Where the numbers of a kernel start: seed, stream and the number of the first block. */
export const sourceUniforms = {
  quads: "u32",
  seed: "u32",
  stream: "u32",
  blockLow: "u32",
  blockHigh: "u32",
} as const;

const words = wgsl`
fn blockOf(i: u32) -> vec4<u32> {
  let counter = blockCounter(vec2<u32>(params.blockLow, params.blockHigh), i, params.stream);
  return philox(counter, vec2<u32>(params.seed, 0u));
}
/** In (0, 1], from the upper 24 bits: the largest word rounds up. */
fn unit(word: vec4<u32>) -> vec4<f32> { return (vec4<f32>(word >> vec4<u32>(8u)) + 0.5) * 0x1p-24; }
`;

const fills = {
  bits: { element: "vec4<u32>", value: "blockOf(i)" },
  uniform: {
    element: "vec4<f32>",
    // Rounding reaches b where a is far from 0.
    value:
      "min(params.a + vec4<f32>(blockOf(i) >> vec4<u32>(8u)) * 0x1p-24 * (params.b - params.a), vec4<f32>(params.top))",
  },
  normal: {
    element: "vec4<f32>",
    value: "params.a + params.b * normals(unit(blockOf(2u * i)), unit(blockOf(2u * i + 1u)))",
  },
} as const;

/** Fills y with random words; uniform numbers from a to below b, at most `top`; or normal ones of mean a and deviation b. */
export function fillRandom({ kind }: { kind: keyof typeof fills }) {
  return {
    label: `random.${kind}`,
    workgroup: 64,
    buffers: { y: write(fills[kind].element) },
    uniforms: {
      ...sourceUniforms,
      a: "f32",
      b: "f32",
      ...(kind === "uniform" ? { top: "f32" } : {}),
    } as Record<"a" | "b" | "top", "f32"> & typeof sourceUniforms,
    body: wgsl`
${flatGroup}${philoxFunctions}${words}
/** Box and Muller's transform of neighbouring words. */
fn normals(p: vec4<f32>, q: vec4<f32>) -> vec4<f32> {
  // Near 1 an adapter's log may be a little above 0.
  let radius = sqrt(max(-2.0 * log(vec4<f32>(p.xz, q.xz)), vec4<f32>(0.0)));
  return radius * cos(6.283185307 * (vec4<f32>(p.yw, q.yw) - 0.5)) * -1.0;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i < params.quads) { y[i] = ${fills[kind].value}; }
}`,
  } as const satisfies KernelSpec;
}

/** y = x · factor where the element's word is at least the threshold, else 0. */
export function dropoutKernel({ dtype }: { dtype: "f32" | "f16" }) {
  const { element, load, store, functions, suffix } = quadFormat(dtype);
  return {
    label: `dropout${suffix}`,
    workgroup: 64,
    buffers: { x: read(element), y: write(element) },
    uniforms: { ...sourceUniforms, threshold: "u32", factor: "f32" },
    body: wgsl`
${flatGroup}${philoxFunctions}${words}${functions}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.quads) { return; }
  let kept = blockOf(i) >= vec4<u32>(params.threshold);
  y[i] = ${store(`select(vec4<f32>(0.0), ${load("x[i]")} * params.factor, kept)`)};
}`,
  } as const satisfies KernelSpec;
}
