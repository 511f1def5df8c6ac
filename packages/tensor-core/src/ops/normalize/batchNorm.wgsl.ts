/** @file Kernels of batch normalisation over x [batch, channels, pixels]: a workgroup a channel; the rest element by element. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { workgroupReduce } from "../../kernel/wgsl/workgroupReduce.ts";

// Element i of a channel's batch · pixels, in their order.
const channelStart = wgsl`
${flatGroup}${workgroupReduce}
fn placeOf(channel: u32, i: u32) -> u32 {
  return ((i / params.pixels) * params.channels + channel) * params.pixels + i % params.pixels;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let channel = flatGroup(wid, nwg);
  if (channel >= params.channels) { return; }
`;

const eachElement = wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  let channel = i / params.pixels % params.channels;
`;

/** The mean and 1 / sqrt(var + eps) of each channel, the variance about the mean; moves the running statistics. */
export const batchNormStatistics = {
  label: "batchNorm.statistics",
  workgroup: 64,
  buffers: { x: read(), mean: write(), rstd: write(), runningMean: write(), runningVar: write() },
  uniforms: { channels: "u32", pixels: "u32", each: "u32", eps: "f32", momentum: "f32" },
  body: wgsl`${channelStart}
  let n = f32(params.each);
  var part = 0.0;
  for (var i = lane; i < params.each; i += WG) { part += x[placeOf(channel, i)]; }
  let center = workgroupSum(part, lane) / n;
  var squares = 0.0;
  for (var i = lane; i < params.each; i += WG) {
    let c = x[placeOf(channel, i)] - center;
    squares += c * c;
  }
  let total = workgroupSum(squares, lane);
  if (lane != 0u) { return; }
  mean[channel] = center;
  rstd[channel] = 1.0 / sqrt(total / n + params.eps);
  let keep = 1.0 - params.momentum;
  runningMean[channel] = keep * runningMean[channel] + params.momentum * center;
  runningVar[channel] = keep * runningVar[channel] + params.momentum * total / (n - 1.0);
}`,
} as const satisfies KernelSpec;

/** mean and rstd of the running statistics. */
export const batchNormRunning = {
  label: "batchNorm.running",
  workgroup: 64,
  buffers: { runningMean: read(), runningVar: read(), mean: write(), rstd: write() },
  uniforms: { channels: "u32", eps: "f32" },
  body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.channels) { return; }
  mean[i] = runningMean[i];
  rstd[i] = 1.0 / sqrt(runningVar[i] + params.eps);
}`,
} as const satisfies KernelSpec;

/** y = (x - mean) rstd weight + bias */
export const batchNormForward = {
  label: "batchNorm.forward",
  workgroup: 64,
  buffers: { x: read(), mean: read(), rstd: read(), weight: read(), bias: read(), y: write() },
  uniforms: { count: "u32", channels: "u32", pixels: "u32" },
  body: wgsl`${eachElement}
  y[i] = (x[i] - mean[channel]) * rstd[channel] * weight[channel] + bias[channel];
}`,
} as const satisfies KernelSpec;

/** dbias = Σ dy and dweight = Σ dy h of each channel, h = (x - mean) rstd. */
export const batchNormBackwardParams = {
  label: "batchNorm.backward.params",
  workgroup: 64,
  buffers: { x: read(), mean: read(), rstd: read(), dy: read(), dweight: write(), dbias: write() },
  uniforms: { channels: "u32", pixels: "u32", each: "u32" },
  body: wgsl`${channelStart}
  let center = mean[channel];
  var plain = 0.0;
  var skewed = 0.0;
  for (var i = lane; i < params.each; i += WG) {
    let at = placeOf(channel, i);
    plain += dy[at];
    skewed += dy[at] * (x[at] - center);
  }
  let sumOfGradients = workgroupSum(plain, lane);
  let sumOfSkewed = workgroupSum(skewed, lane);
  if (lane != 0u) { return; }
  dbias[channel] = sumOfGradients;
  dweight[channel] = sumOfSkewed * rstd[channel];
}`,
} as const satisfies KernelSpec;

/**
 * dx = rstd weight (dy - (dbias + h dweight) / n) where the batch gave the statistics; without the second term, `share` 0
 * for 1 / n, where they were given.
 */
export const batchNormBackwardX = {
  label: "batchNorm.backward.x",
  workgroup: 64,
  buffers: {
    x: read(),
    mean: read(),
    rstd: read(),
    weight: read(),
    dy: read(),
    dweight: read(),
    dbias: read(),
    dx: write(),
  },
  uniforms: { count: "u32", channels: "u32", pixels: "u32", share: "f32" },
  body: wgsl`${eachElement}
  let r = rstd[channel];
  let h = (x[i] - mean[channel]) * r;
  dx[i] = r * weight[channel] * (dy[i] - params.share * (dbias[channel] + h * dweight[channel]));
}`,
} as const satisfies KernelSpec;
