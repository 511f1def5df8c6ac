/** @file The kernels of AdamW: the norm of all gradients, and the update of one tensor. */

import { read, wgsl, write, type KernelSpec } from "../kernel/kernelSpec.ts";
import { workgroupReduce } from "../kernel/wgsl/workgroupReduce.ts";
import { flatGroup } from "../kernel/wgsl/flatIndex.ts";

/** partials[first + group] = sum of squares of the quads that the group strides over. */
export const sumSquares = {
  label: "adamW.sumSquares",
  workgroup: 64,
  buffers: { gradient: read("vec4<f32>"), partials: write() },
  uniforms: { size: "u32", groups: "u32", first: "u32" },
  body: wgsl`
${workgroupReduce}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let whole = params.size / 4u;
  var total = vec4<f32>(0.0);
  for (var i = wid.x * WG + lane; i < whole; i += params.groups * WG) {
    let g = gradient[i];
    total += g * g;
  }
  var squares = (total.x + total.y) + (total.z + total.w);
  if (wid.x == 0u && lane < params.size % 4u) { // what is left of the last quad
    let g = gradient[whole][lane];
    squares += g * g;
  }
  squares = workgroupSum(squares, lane);
  if (lane == 0u) { partials[params.first + wid.x] = squares; }
}`,
} as const satisfies KernelSpec;

/** norm = square root of the sum of the partial sums, in one workgroup. */
export const finishNorm = {
  label: "adamW.norm",
  workgroup: 64,
  buffers: { partials: read(), norm: write() },
  uniforms: { count: "u32" },
  body: wgsl`
${workgroupReduce}
@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) lane: u32) {
  var total = 0.0;
  for (var i = lane; i < params.count; i += WG) { total += partials[i]; }
  total = workgroupSum(total, lane);
  if (lane == 0u) { norm[0] = sqrt(total); }
}`,
} as const satisfies KernelSpec;

/** One step of one tensor, in place, four elements an invocation. */
export const updateAdamW = {
  label: "adamW.update",
  workgroup: 64,
  buffers: {
    gradient: read("vec4<f32>"),
    norm: read(),
    parameter: write("vec4<f32>"),
    first: write("vec4<f32>"),
    second: write("vec4<f32>"),
  },
  uniforms: {
    quads: "u32",
    maxNorm: "f32",
    keepFirst: "f32",
    takeFirst: "f32",
    keepSecond: "f32",
    takeSecond: "f32",
    keepParameter: "f32",
    stepSize: "f32",
    rootScale: "f32",
    eps: "f32",
  },
  body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.quads) { return; }
  let length = norm[0];
  let g = gradient[i] * select(1.0, params.maxNorm / length, length > params.maxNorm);
  let m = params.keepFirst * first[i] + params.takeFirst * g;
  let v = params.keepSecond * second[i] + params.takeSecond * g * g;
  first[i] = m;
  second[i] = v;
  parameter[i] = params.keepParameter * parameter[i] - params.stepSize * m / (sqrt(v) * params.rootScale + params.eps);
}`,
} as const satisfies KernelSpec;
