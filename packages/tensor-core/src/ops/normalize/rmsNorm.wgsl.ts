/** @file Kernels of root-mean-square normalisation: one workgroup a row; the parameter sum by blocks of rows. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import {
  byVariant,
  itemElement,
  rowReduce,
  rowWorkgroup,
  type RowVariant,
} from "../../kernel/wgsl/rowReduce.ts";

/** y = x rstd weight, rstd = 1 / sqrt(avg(x²) + eps) */
export const rmsNormForward = byVariant((variant: RowVariant) => {
  const item = itemElement(variant);
  return {
    label: "rmsNorm.forward",
    ...rowWorkgroup(variant),
    buffers: { x: read(item), weight: read(item), y: write(item), rstd: write() },
    uniforms: { rows: "u32", items: "u32", dim: "f32", eps: "f32" },
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
  var squares = Item(0.0);
  for (var i = lane; i < params.items; i += WG) { squares += x[start + i] * x[start + i]; }
  let r = 1.0 / sqrt(rowSum(total(squares), lane) / params.dim + params.eps);
  for (var i = lane; i < params.items; i += WG) { y[start + i] = x[start + i] * r * weight[i]; }
  if (lane == 0u) { rstd[row] = r; }
}`,
  } as const satisfies KernelSpec;
});

/** g = dy weight, h = x rstd:  dx = rstd (g - h avg(g h)), added to `known` where `adds` is 1 */
export const rmsNormBackwardX = byVariant((variant: RowVariant) => {
  const item = itemElement(variant);
  return {
    label: "rmsNorm.backward.x",
    ...rowWorkgroup(variant),
    buffers: {
      x: read(item),
      weight: read(item),
      rstd: read(),
      dy: read(item),
      known: read(item),
      dx: write(item),
    },
    uniforms: { rows: "u32", items: "u32", adds: "u32", dim: "f32" },
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
  let r = rstd[row];
  var part = Item(0.0);
  for (var i = lane; i < params.items; i += WG) { part += dy[start + i] * weight[i] * x[start + i]; }
  let average = rowSum(total(part), lane) * r / params.dim;
  for (var i = lane; i < params.items; i += WG) {
    let own = r * (dy[start + i] * weight[i] - x[start + i] * r * average);
    if (params.adds == 1u) { dx[start + i] = known[start + i] + own; } else { dx[start + i] = own; }
  }
}`,
  } as const satisfies KernelSpec;
});

/** Sums of dy h over each block of rows, in row order: one invocation for an item of a block. */
export const rmsNormBackwardWeight = byVariant((variant: RowVariant) => {
  const item = itemElement(variant);
  return {
    label: "rmsNorm.backward.weight",
    workgroup: 64,
    buffers: { x: read(item), rstd: read(), dy: read(item), dweights: write(item) },
    uniforms: { rows: "u32", items: "u32", blockRows: "u32", count: "u32" },
    constants: { QUADS: variant.quads, LANES: variant.lanes },
    body: wgsl`
${flatGroup}
alias Item = ${item};
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let unit = flatGroup(wid, nwg) * WG + lane;
  if (unit >= params.count) { return; }
  let first = (unit / params.items) * params.blockRows;
  let column = unit % params.items;
  let end = min(first + params.blockRows, params.rows);
  var weights = Item(0.0);
  for (var row = first; row < end; row++) {
    let at = row * params.items + column;
    weights += dy[at] * (x[at] * rstd[row]);
  }
  dweights[unit] = weights;
}`,
  } as const satisfies KernelSpec;
});
