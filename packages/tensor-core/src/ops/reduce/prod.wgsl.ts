/** @file The gradient of products along an axis. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";

/**
 * dx_i = dy Π_{j ≠ i} x_j over x [outer, n, inner], dy [outer, inner]: an invocation walks a line up, keeping the product
 * of what lies before each element, and down, with what lies after it. No division, so zeros are no exception.
 */
export const prodBackward = {
  label: "prod.backward.x",
  workgroup: 64,
  buffers: { x: read(), dy: read(), dx: write() },
  uniforms: { count: "u32", n: "u32", inner: "u32" },
  body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  let start = (i / params.inner) * params.n * params.inner + i % params.inner;
  var before = dy[i];
  for (var step = 0u; step < params.n; step++) {
    let at = start + step * params.inner;
    dx[at] = before;
    before *= x[at];
  }
  var after = 1.0;
  for (var step = params.n; step != 0u; step--) {
    let at = start + (step - 1u) * params.inner;
    dx[at] *= after;
    after *= x[at];
  }
}`,
} as const satisfies KernelSpec;
