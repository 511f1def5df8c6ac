/** @file What a gradient is scaled by for the norm of all, and the kernel that scales it. */

import { read, wgsl, write, type KernelSpec } from "../kernel/kernelSpec.ts";
import { flatGroup } from "../kernel/wgsl/flatIndex.ts";

/** The uniforms of a limit to the norm; none where it is infinite, as f32 has it. */
export function limitOf(maxNorm: number): { readonly maxNorm: number; readonly limited: number } {
  return Math.fround(maxNorm) === Infinity ? { maxNorm: 0, limited: 0 } : { maxNorm, limited: 1 };
}

/**
 * `clipFactor(norm, maxNorm, limited)`: what scales a gradient down to the limit; NaN where the norm is, since that is not
 * up to the limit either.
 */
export const clipFactor = wgsl`
fn clipFactor(length: f32, maxNorm: f32, limited: u32) -> f32 {
  return select(maxNorm / length, 1.0, length <= maxNorm || limited == 0u);
}
`;

/** y = g, scaled down where the norm is over the limit; four elements an invocation. */
export const clipKernel = {
  label: "gradNorm.clip",
  workgroup: 64,
  buffers: { g: read("vec4<f32>"), norm: read(), y: write("vec4<f32>") },
  uniforms: { maxNorm: "f32", limited: "u32", quads: "u32" },
  body: wgsl`
${flatGroup}
${clipFactor}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.quads) { return; }
  y[i] = g[i] * clipFactor(norm[0], params.maxNorm, params.limited);
}`,
} as const satisfies KernelSpec;
