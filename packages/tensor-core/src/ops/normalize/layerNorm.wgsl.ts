/** @file Kernels of layer normalisation: one workgroup a row; the parameter sums by blocks of rows. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { byVariant, itemElement, rowReduce, rowWorkgroup } from "../../kernel/wgsl/rowReduce.ts";
import { storedItem, type StoredRowVariant } from "./storedRow.wgsl.ts";

/** y = (x - mean) rstd weight + bias. The variance takes a second pass about the mean, so nothing cancels. */
export const layerNormForward = byVariant((variant: StoredRowVariant) => {
  const item = itemElement(variant);
  const { stored, load, store, functions, suffix } = storedItem(variant);
  const x = load("x[start + i]");
  return {
    label: `layerNorm.forward${suffix}`,
    ...rowWorkgroup(variant),
    buffers: {
      x: read(stored),
      weight: read(item),
      bias: read(item),
      y: write(stored),
      mean: write(),
      rstd: write(),
    },
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
  var part = Item(0.0);
  for (var i = lane; i < params.items; i += WG) { part += ${x}; }
  let center = rowSum(total(part), lane) / params.dim;
  var squares = Item(0.0);
  for (var i = lane; i < params.items; i += WG) {
    let c = ${x} - center;
    squares += c * c;
  }
  let r = 1.0 / sqrt(rowSum(total(squares), lane) / params.dim + params.eps);
  for (var i = lane; i < params.items; i += WG) {
    y[start + i] = ${store(`(${x} - center) * r * weight[i] + bias[i]`)};
  }
  if (lane == 0u) {
    mean[row] = center;
    rstd[row] = r;
  }
}`,
  } as const satisfies KernelSpec;
});

/** g = dy weight, h = (x - mean) rstd:  dx = rstd (g - avg(g) - h avg(g h)), added to `known` where `adds` is 1 */
export const layerNormBackwardX = byVariant((variant: StoredRowVariant) => {
  const { stored, load, store, functions, suffix } = storedItem(variant);
  const [x, dy] = [load("x[start + i]"), load("dy[start + i]")];
  const sum = store(`${load("known[start + i]")} + own`);
  return {
    label: `layerNorm.backward.x${suffix}`,
    ...rowWorkgroup(variant),
    buffers: {
      x: read(stored),
      weight: read(itemElement(variant)),
      mean: read(),
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
  let center = mean[row];
  let r = rstd[row];
  var plain = Item(0.0);
  var skewed = Item(0.0);
  for (var i = lane; i < params.items; i += WG) {
    let g = ${dy} * weight[i];
    plain += g;
    skewed += g * (${x} - center);
  }
  let averageG = rowSum(total(plain), lane) / params.dim;
  let averageGH = rowSum(total(skewed), lane) * r / params.dim;
  for (var i = lane; i < params.items; i += WG) {
    let h = (${x} - center) * r;
    let own = r * (${dy} * weight[i] - averageG - h * averageGH);
    if (params.adds == 1u) { dx[start + i] = ${sum}; } else { dx[start + i] = ${store("own")}; }
  }
}`,
  } as const satisfies KernelSpec;
});

/** Sums of dy h and of dy over each block of rows, in row order: one invocation for an item of a block. */
export const layerNormBackwardParams = byVariant((variant: StoredRowVariant) => {
  const item = itemElement(variant);
  const { stored, load, functions, suffix } = storedItem(variant);
  return {
    label: `layerNorm.backward.params${suffix}`,
    workgroup: 64,
    buffers: {
      x: read(stored),
      mean: read(),
      rstd: read(),
      dy: read(stored),
      dweights: write(item),
      dbiases: write(item),
    },
    uniforms: { rows: "u32", items: "u32", blockRows: "u32", count: "u32" },
    constants: { QUADS: variant.quads, LANES: variant.lanes },
    body: wgsl`
${flatGroup}${functions}
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
  var biases = Item(0.0);
  for (var row = first; row < end; row++) {
    let g = ${load("dy[row * params.items + column]")};
    weights += g * ((${load("x[row * params.items + column]")} - mean[row]) * rstd[row]);
    biases += g;
  }
  dweights[unit] = weights;
  dbiases[unit] = biases;
}`,
  } as const satisfies KernelSpec;
});
