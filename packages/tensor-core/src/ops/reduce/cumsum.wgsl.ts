/** @file Running sums along an axis. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";

/** x and y are [outer, n, inner]; an invocation walks one line of n, from its end where `reverse` is 1. */
export const cumsumKernel = {
  label: "cumsum",
  workgroup: 64,
  buffers: { x: read(), y: write() },
  uniforms: { count: "u32", n: "u32", inner: "u32", reverse: "u32" },
  body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  let start = (i / params.inner) * params.n * params.inner + i % params.inner;
  var total = 0.0;
  for (var step = 0u; step < params.n; step++) {
    let at = start + select(step, params.n - 1u - step, params.reverse == 1u) * params.inner;
    total += x[at];
    y[at] = total;
  }
}`,
} as const satisfies KernelSpec;
