/** @file Softmax cross-entropy of rows of logits: no kernel stores a probability. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { workgroupReduce } from "../../kernel/wgsl/workgroupReduce.ts";

/** One workgroup a row: its largest logit, then the log of its sum of exponentials, then its loss. */
export const crossEntropyForward = {
  label: "crossEntropy.forward",
  workgroup: 64,
  buffers: { logits: read(), targets: read("i32"), weights: read(), y: write(), peaks: write("vec2<f32>") },
  uniforms: { rows: "u32", classes: "u32", nan: "f32" },
  body: wgsl`
${flatGroup}
${workgroupReduce}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let row = flatGroup(wid, nwg);
  if (row >= params.rows) { return; }
  let start = row * params.classes;
  var largest = -3.4028234e38;
  for (var i = lane; i < params.classes; i += WG) { largest = max(largest, logits[start + i]); }
  largest = workgroupMax(largest, lane);
  var total = 0.0;
  for (var i = lane; i < params.classes; i += WG) { total += exp(logits[start + i] - largest); }
  total = workgroupSum(total, lane);
  if (lane > 0u) { return; }
  // Kept apart: their sum would lose the digits of the second where the first is large.
  let peak = vec2<f32>(largest, log(total));
  peaks[row] = peak;
  let goal = u32(targets[row]); // a negative target is past the end
  let weight = weights[row];
  var loss = 0.0;
  if (weight != 0.0) {
    loss = params.nan;
    if (goal < params.classes) { loss = weight * ((peak.x - logits[start + goal]) + peak.y); }
  }
  y[row] = loss;
}`,
} as const satisfies KernelSpec;

/** dlogits = dy * weight * (softmax - onehot), one invocation an element. */
export const crossEntropyBackward = {
  label: "crossEntropy.backward.logits",
  workgroup: 64,
  buffers: {
    logits: read(),
    targets: read("i32"),
    weights: read(),
    peaks: read("vec2<f32>"),
    dy: read(),
    dlogits: write(),
  },
  uniforms: { count: "u32", classes: "u32" },
  body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  let row = i / params.classes;
  let column = i - row * params.classes;
  let weight = weights[row];
  var gradient = 0.0;
  if (weight != 0.0) {
    let peak = peaks[row];
    let hot = select(0.0, 1.0, i32(column) == targets[row]);
    gradient = dy[row] * weight * (exp((logits[i] - peak.x) - peak.y) - hot);
  }
  dlogits[i] = gradient;
}`,
} as const satisfies KernelSpec;
