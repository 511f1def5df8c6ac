/** @file Softmax over rows: one workgroup a row, whose lanes walk it with a stride. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { byVariant, rowReduce, rowWorkgroup } from "../../kernel/wgsl/rowReduce.ts";
import { exponential, storedItem, type StoredRowVariant } from "./storedRow.wgsl.ts";

const rowStart = wgsl`
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let row = flatGroup(wid, nwg);
  if (row >= params.rows) { return; }
  let start = row * params.items;`;

const quotients = {
  f32: wgsl`
  for (var i = lane; i < params.items; i += WG) {
    let e = exponential(x[start + i] - peak);
    y[start + i] = e;
    part += e;
  }
  let factor = 1.0 / rowSum(total(part), lane);
  for (var i = lane; i < params.items; i += WG) { y[start + i] *= factor; }`,
  // Exponentials kept in f16 would be rounded twice.
  f16: wgsl`
  for (var i = lane; i < params.items; i += WG) { part += exponential(unpackHalves(x[start + i]) - peak); }
  let factor = 1.0 / rowSum(total(part), lane);
  for (var i = lane; i < params.items; i += WG) {
    y[start + i] = packHalves(exponential(unpackHalves(x[start + i]) - peak) * factor);
  }`,
};

/** y = e^(x - max) / Σ e^(x - max), in three passes: the maximum, the exponentials with their sum, the division. */
export const softmaxForward = byVariant((variant: StoredRowVariant) => {
  const { stored, load, functions, suffix } = storedItem(variant);
  return {
    label: `softmax.forward${suffix}`,
    ...rowWorkgroup(variant),
    buffers: { x: read(stored), y: write(stored) },
    uniforms: { rows: "u32", items: "u32" },
    constants: { QUADS: variant.quads, LANES: variant.lanes },
    body: wgsl`
${flatGroup}${functions}
${rowReduce(variant)}${exponential}${rowStart}
  var top = Item(-3.4028234e38);
  for (var i = lane; i < params.items; i += WG) { top = max(top, ${load("x[start + i]")}); }
  let peak = rowMax(largest(top), lane);
  var part = Item(0.0);${quotients[variant.dtype]}
}`,
  } as const satisfies KernelSpec;
});

const averages = {
  f32: wgsl`
  for (var i = lane; i < params.items; i += WG) { part += y[start + i] * dy[start + i]; }
  let dot = rowSum(total(part), lane);`,
  // The halves of a row do not quite sum to 1; dy - dot would show it where one of them is nearly 1.
  f16: wgsl`
  var whole = Item(0.0);
  for (var i = lane; i < params.items; i += WG) {
    let own = unpackHalves(y[start + i]);
    part += own * unpackHalves(dy[start + i]);
    whole += own;
  }
  let dot = rowSum(total(part), lane) / rowSum(total(whole), lane);`,
};

/** dx = y (dy - Σ y dy) */
export const softmaxBackward = byVariant((variant: StoredRowVariant) => {
  const { stored, load, store, functions, suffix } = storedItem(variant);
  const own = `${load("y[start + i]")} * (${load("dy[start + i]")} - dot)`;
  return {
    label: `softmax.backward.x${suffix}`,
    ...rowWorkgroup(variant),
    buffers: { y: read(stored), dy: read(stored), dx: write(stored) },
    uniforms: { rows: "u32", items: "u32" },
    constants: { QUADS: variant.quads, LANES: variant.lanes },
    body: wgsl`
${flatGroup}${functions}
${rowReduce(variant)}${rowStart}
  var part = Item(0.0);${averages[variant.dtype]}
  for (var i = lane; i < params.items; i += WG) { dx[start + i] = ${store(own)}; }
}`,
  } as const satisfies KernelSpec;
});
