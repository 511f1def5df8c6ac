/** @file Reductions over one axis, built from a monoid. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";

/** An associative operation with its neutral element, as WGSL over `vec4<f32>`. */
export interface Monoid {
  readonly name: string;
  readonly identity: string;
  readonly combine: string;
}

export const sumMonoid: Monoid = { name: "sum", identity: "0.0", combine: "a + b" };
export const maxMonoid: Monoid = { name: "max", identity: "-3.4028234e38", combine: "max(a, b)" };

/**
 * x is [outer, n, inner], y is [outer, inner] times `factor`.
 *
 * One invocation per output, in four running parts, so a sum's depth is n / 4 + 2 and its order is fixed.
 */
export function reduceKernel(monoid: Monoid) {
  return {
    label: `reduce.${monoid.name}`,
    workgroup: 64,
    buffers: { x: read(), y: write() },
    uniforms: { count: "u32", n: "u32", inner: "u32", factor: "f32" },
    body: wgsl`
${flatGroup}
fn combine(a: f32, b: f32) -> f32 { return ${monoid.combine}; }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  let start = (i / params.inner) * params.n * params.inner + i % params.inner;
  var part = array<f32, 4>(${monoid.identity}, ${monoid.identity}, ${monoid.identity}, ${monoid.identity});
  for (var k = 0u; k < params.n; k += 4u) {
    for (var j = 0u; j < 4u; j++) {
      if (k + j < params.n) { part[j] = combine(part[j], x[start + (k + j) * params.inner]); }
    }
  }
  y[i] = combine(combine(part[0], part[1]), combine(part[2], part[3])) * params.factor;
}`,
  } as const satisfies KernelSpec;
}
