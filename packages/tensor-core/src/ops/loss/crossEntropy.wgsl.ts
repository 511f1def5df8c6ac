/** @file Softmax cross-entropy of rows of logits: no kernel stores a probability. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { quadFormat } from "../../kernel/wgsl/quadFormat.ts";
import { byVariant, quadItem, rowReduce, rowWorkgroup, scalarItem } from "../../kernel/wgsl/rowReduce.ts";
import { exponential, type StoredRowVariant, storedItem } from "../normalize/storedRow.wgsl.ts";

const rowStart = wgsl`
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let row = flatGroup(wid, nwg);
  if (row >= params.rows) { return; }
  let start = row * params.items;
  let weight = weights[row];
`;

/** The logit of a class and the one-hot item of a class at item i of a row, by the width of an item. */
const classOf = ({ quads, dtype }: StoredRowVariant) =>
  quads
    ? wgsl`
fn logitOf(start: u32, goal: u32) -> f32 { return ${quadFormat(dtype).load("logits[start + goal / 4u]")}[goal % 4u]; }
fn hotAt(i: u32, goal: i32) -> Item {
  return select(Item(0.0), Item(1.0), vec4<i32>(i32(i) * 4) + vec4<i32>(0, 1, 2, 3) == vec4<i32>(goal));
}`
    : wgsl`
fn logitOf(start: u32, goal: u32) -> f32 { return logits[start + goal]; }
fn hotAt(i: u32, goal: i32) -> Item { return select(0.0, 1.0, i32(i) == goal); }`;

/** One workgroup a row: its largest logit, then the log of its sum of exponentials, then its loss. */
export const crossEntropyForward = byVariant((variant: StoredRowVariant) => {
  const { load, functions, suffix, stored } = storedItem(variant);
  const logit = load("logits[start + i]");
  return {
    label: `crossEntropy.forward${suffix}`,
    ...rowWorkgroup(variant),
    buffers: {
      logits: read(stored),
      targets: read("i32"),
      weights: read(),
      y: write(),
      peaks: write("vec2<f32>"),
    },
    uniforms: { rows: "u32", items: "u32", classes: "u32", nan: "f32" },
    constants: { QUADS: variant.quads, LANES: variant.lanes },
    body: wgsl`
${flatGroup}${functions}
${rowReduce(variant)}${exponential}
${classOf(variant)}
${rowStart}
  var top = Item(-3.4028234e38);
  for (var i = lane; i < params.items; i += WG) { top = max(top, ${logit}); }
  let peak = rowMax(largest(top), lane);
  var part = Item(0.0);
  for (var i = lane; i < params.items; i += WG) { part += exponential(${logit} - peak); }
  let sum = rowSum(total(part), lane);
  let logOfSum = select(sum, log(sum), sum == sum); // of NaN, log may make a number
  if (lane > 0u) { return; }
  // Kept apart: their sum would lose the digits of the second where the first is large.
  peaks[row] = vec2<f32>(peak, logOfSum);
  let goal = u32(targets[row]); // a negative target is past the end
  var loss = 0.0;
  if (weight != 0.0) {
    loss = params.nan;
    if (goal < params.classes) { loss = weight * ((peak - logitOf(start, goal)) + logOfSum); }
  }
  y[row] = loss;
}`,
  } as const satisfies KernelSpec;
});

/** dlogits = dy * weight * (softmax - onehot), one workgroup a row. */
export const crossEntropyBackward = byVariant((variant: StoredRowVariant) => {
  const { load, store, functions, suffix, stored } = storedItem(variant);
  const logit = load("logits[start + i]");
  return {
    label: `crossEntropy.backward.logits${suffix}`,
    ...rowWorkgroup(variant),
    buffers: {
      logits: read(stored),
      targets: read("i32"),
      weights: read(),
      peaks: read("vec2<f32>"),
      dy: read(),
      dlogits: write(stored),
    },
    uniforms: { rows: "u32", items: "u32" },
    constants: { QUADS: variant.quads, LANES: variant.lanes },
    body: wgsl`
${flatGroup}${functions}
${variant.quads ? quadItem : scalarItem}${exponential}
${classOf(variant)}
${rowStart}
  let peak = peaks[row];
  let goal = targets[row];
  let factor = dy[row] * weight;
  for (var i = lane; i < params.items; i += WG) {
    var gradient = Item(0.0);
    if (weight != 0.0) { gradient = factor * (exponential((${logit} - peak.x) - peak.y) - hotAt(i, goal)); }
    dlogits[start + i] = ${store("gradient")};
  }
}`,
  } as const satisfies KernelSpec;
});
