/** @file Softmax over rows: one workgroup a row, whose lanes walk it with a stride. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import {
  byVariant,
  itemElement,
  rowReduce,
  rowWorkgroup,
  type RowVariant,
} from "../../kernel/wgsl/rowReduce.ts";

/** y = e^(x - max) / Σ e^(x - max), in three passes: the maximum, the exponentials with their sum, the division. */
export const softmaxForward = byVariant(
  (variant: RowVariant) =>
    ({
      label: "softmax.forward",
      ...rowWorkgroup(variant),
      buffers: { x: read(itemElement(variant)), y: write(itemElement(variant)) },
      uniforms: { rows: "u32", items: "u32" },
      constants: { QUADS: variant.quads, LANES: variant.lanes },
      body: wgsl`
${flatGroup}
${rowReduce(variant)}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let row = flatGroup(wid, nwg);
  if (row >= params.rows) { return; }
  let start = row * params.items;
  var top = Item(-3.4028234e38);
  for (var i = lane; i < params.items; i += WG) { top = max(top, x[start + i]); }
  let peak = rowMax(largest(top), lane);
  var part = Item(0.0);
  for (var i = lane; i < params.items; i += WG) {
    let e = exp(x[start + i] - peak);
    y[start + i] = e;
    part += e;
  }
  let factor = 1.0 / rowSum(total(part), lane);
  for (var i = lane; i < params.items; i += WG) { y[start + i] *= factor; }
}`,
    }) as const satisfies KernelSpec,
);

/** dx = y (dy - Σ y dy) */
export const softmaxBackward = byVariant(
  (variant: RowVariant) =>
    ({
      label: "softmax.backward.x",
      ...rowWorkgroup(variant),
      buffers: {
        y: read(itemElement(variant)),
        dy: read(itemElement(variant)),
        dx: write(itemElement(variant)),
      },
      uniforms: { rows: "u32", items: "u32" },
      constants: { QUADS: variant.quads, LANES: variant.lanes },
      body: wgsl`
${flatGroup}
${rowReduce(variant)}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let row = flatGroup(wid, nwg);
  if (row >= params.rows) { return; }
  let start = row * params.items;
  var part = Item(0.0);
  for (var i = lane; i < params.items; i += WG) { part += y[start + i] * dy[start + i]; }
  let dot = rowSum(total(part), lane);
  for (var i = lane; i < params.items; i += WG) { dx[start + i] = y[start + i] * (dy[start + i] - dot); }
}`,
    }) as const satisfies KernelSpec,
);
