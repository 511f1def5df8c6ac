/** @file Kernels of root-mean-square normalisation: one workgroup a row; the parameter sum by blocks of rows. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { byVariant, itemElement, rowReduce, rowWorkgroup } from "../../kernel/wgsl/rowReduce.ts";
import { storedItem, type StoredRowVariant } from "./storedRow.wgsl.ts";

/** y = x rstd weight, rstd = 1 / sqrt(avg(x²) + eps) */
export const rmsNormForward = byVariant((variant: StoredRowVariant) => {
  const { stored, load, store, functions, suffix } = storedItem(variant);
  const x = load("x[start + i]");
  return {
    label: `rmsNorm.forward${suffix}`,
    ...rowWorkgroup(variant),
    buffers: { x: read(stored), weight: read(itemElement(variant)), y: write(stored), rstd: write() },
    uniforms: { rows: "u32", items: "u32", dim: "f32", eps: "f32" },
    constants: { QUADS: variant.quads, LANES: variant.lanes },
    body: wgsl`
${flatGroup}${functions}
${rowReduce(variant)}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let row = flatGroup(wid, nwg);
  if (row >= params.rows) { return; }
  let start = row * params.items;
  var squares = Item(0.0);
  for (var i = lane; i < params.items; i += WG) { squares += ${x} * ${x}; }
  let r = 1.0 / sqrt(rowSum(total(squares), lane) / params.dim + params.eps);
  for (var i = lane; i < params.items; i += WG) { y[start + i] = ${store(`${x} * r * weight[i]`)}; }
  if (lane == 0u) { rstd[row] = r; }
}`,
  } as const satisfies KernelSpec;
});

/** g = dy weight, h = x rstd:  dx = rstd (g - h avg(g h)), added to `known` where `adds` is 1 */
export const rmsNormBackwardX = byVariant((variant: StoredRowVariant) => {
  const { stored, load, store, functions, suffix } = storedItem(variant);
  const [x, dy] = [load("x[start + i]"), load("dy[start + i]")];
  const sum = store(`${load("known[start + i]")} + own`);
  return {
    label: `rmsNorm.backward.x${suffix}`,
    ...rowWorkgroup(variant),
    buffers: {
      x: read(stored),
      weight: read(itemElement(variant)),
      rstd: read(),
      dy: read(stored),
      known: read(stored),
      dx: write(stored),
    },
    uniforms: { rows: "u32", items: "u32", adds: "u32", dim: "f32" },
    constants: { QUADS: variant.quads, LANES: variant.lanes },
    body: wgsl`
${flatGroup}${functions}
${rowReduce(variant)}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let row = flatGroup(wid, nwg);
  if (row >= params.rows) { return; }
  let start = row * params.items;
  let r = rstd[row];
  var part = Item(0.0);
  for (var i = lane; i < params.items; i += WG) { part += ${dy} * weight[i] * ${x}; }
  let average = rowSum(total(part), lane) * r / params.dim;
  for (var i = lane; i < params.items; i += WG) {
    let own = r * (${dy} * weight[i] - ${x} * r * average);
    if (params.adds == 1u) { dx[start + i] = ${sum}; } else { dx[start + i] = ${store("own")}; }
  }
}`,
  } as const satisfies KernelSpec;
});

/** Sums of dy h over each block of rows, in row order: one invocation for an item of a block. */
export const rmsNormBackwardWeight = byVariant((variant: StoredRowVariant) => {
  const { stored, load, functions, suffix } = storedItem(variant);
  return {
    label: `rmsNorm.backward.weight${suffix}`,
    workgroup: 64,
    buffers: { x: read(stored), rstd: read(), dy: read(stored), dweights: write(itemElement(variant)) },
    uniforms: { rows: "u32", items: "u32", blockRows: "u32", count: "u32" },
    constants: { QUADS: variant.quads, LANES: variant.lanes },
    body: wgsl`
${flatGroup}${functions}
alias Item = ${itemElement(variant)};
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
    weights += ${load("dy[at]")} * (${load("x[at]")} * rstd[row]);
  }
  dweights[unit] = weights;
}`,
  } as const satisfies KernelSpec;
});
