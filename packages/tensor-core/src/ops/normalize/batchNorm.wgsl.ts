/** @file Kernels of batch normalisation over x [batch, channels, pixels]: a workgroup a channel; the rest element by element. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { quadFormat } from "../../kernel/wgsl/quadFormat.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { workgroupReduce } from "../../kernel/wgsl/workgroupReduce.ts";

export interface BatchNormVariant {
  /** Of x, and of what has its shape. */
  readonly dtype: "f32" | "f16";
}

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

/** How a kernel declares buffers of x's dtype and reads single elements of them. */
function elementsOf({ dtype }: BatchNormVariant, ...buffers: readonly string[]) {
  const { element, load, functions, suffix } = quadFormat(dtype);
  const half = dtype === "f16";
  const readers = buffers.map((buffer) => {
    const quad = load(`${buffer}[place / 4u]`);
    return wgsl`fn ${buffer}At(place: u32) -> f32 { return ${quad}[place % 4u]; }
`;
  });
  return {
    element: half ? element : "f32",
    functions: half ? [functions, ...readers].join("") : "",
    suffix,
    at: (buffer: string, place: string) => (half ? `${buffer}At(${place})` : `${buffer}[${place}]`),
  } as const;
}

/**
 * The body of a kernel that makes one result of each element of x: one f32 an invocation, or the four f16 of two words.
 *
 * @param inputs  buffers of x's shape and dtype
 * @param formula lines before the result, and the result, of the WGSL of an input's element
 */
function ofElements(
  { dtype }: BatchNormVariant,
  inputs: readonly string[],
  output: string,
  formula: (element: (input: string) => string) => { readonly lines?: string; readonly result: string },
): string {
  if (dtype === "f32") {
    const { lines = "", result } = formula((input) => `${input}[i]`);
    return wgsl`${eachElement}${lines}
  ${output}[i] = ${result};
}`;
  }
  const { load, store, functions } = quadFormat(dtype);
  const { lines = "", result } = formula((input) => `${input}Four[k]`);
  const fours = inputs.map((input) => `let ${input}Four = ${load(`${input}[quad]`)};`);
  return wgsl`
${flatGroup}${functions}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let quad = flatGroup(wid, nwg) * WG + lane;
  if (quad * 4u >= params.count) { return; }
  ${fours.join("\n  ")}
  var results: vec4<f32>;
  for (var k = 0u; k < 4u; k++) {
    let channel = (quad * 4u + k) / params.pixels % params.channels;${lines.replaceAll("\n", "\n  ")}
    results[k] = ${result};
  }
  ${output}[quad] = ${store("results")};
}`;
}

/** The mean `center` of a channel's n values, and the sum `total` of their squared differences from it. */
const momentsOf = (x: string) => wgsl`
  let n = f32(params.each);
  var part = 0.0;
  for (var i = lane; i < params.each; i += WG) { part += ${x}; }
  let center = workgroupSum(part, lane) / n;
  var squares = 0.0;
  for (var i = lane; i < params.each; i += WG) {
    let c = ${x} - center;
    squares += c * c;
  }
  let total = workgroupSum(squares, lane);
  if (lane != 0u) { return; }`;

/** From `center`, `total` and n: what a channel is divided by, and the running statistics moved. */
const settle = wgsl`
  rstd[channel] = 1.0 / sqrt(total / n + params.eps);
  let keep = 1.0 - params.momentum;
  runningMean[channel] = keep * runningMean[channel] + params.momentum * center;
  runningVar[channel] = keep * runningVar[channel] + params.momentum * total / (n - 1.0);
}`;

/** The mean and 1 / sqrt(var + eps) of each channel, the variance about the mean; moves the running statistics. */
export const batchNormStatistics = byVariant((variant: BatchNormVariant) => {
  const { element, functions, suffix, at } = elementsOf(variant, "x");
  return {
    label: `batchNorm.statistics${suffix}`,
    workgroup: 64,
    buffers: { x: read(element), mean: write(), rstd: write(), runningMean: write(), runningVar: write() },
    uniforms: { channels: "u32", pixels: "u32", each: "u32", eps: "f32", momentum: "f32" },
    body: wgsl`${functions}${channelStart}${momentsOf(at("x", "placeOf(channel, i)"))}
  mean[channel] = center;${settle}`,
  } as const satisfies KernelSpec;
});

/**
 * The mean and the sum of squares about it of some items of the batch, joined with those of the `before` values of the
 * items before. Chan, Golub, LeVeque 1979, "Updating formulae and a pairwise algorithm for computing sample variances".
 */
export const batchNormStatisticsPart = byVariant((variant: BatchNormVariant) => {
  const { element, functions, suffix, at } = elementsOf(variant, "x");
  return {
    label: `batchNorm.statistics.part${suffix}`,
    workgroup: 64,
    buffers: { x: read(element), mean: write(), spread: write() },
    uniforms: { channels: "u32", pixels: "u32", each: "u32", before: "u32" },
    body: wgsl`${functions}${channelStart}${momentsOf(at("x", "placeOf(channel, i)"))}
  if (params.before == 0u) {
    mean[channel] = center;
    spread[channel] = total;
    return;
  }
  let before = f32(params.before);
  let share = n / (before + n);
  let apart = center - mean[channel];
  mean[channel] += apart * share;
  spread[channel] += total + apart * apart * before * share;
}`,
  } as const satisfies KernelSpec;
});

/** What is left to do once the parts of the batch are joined. */
export const batchNormStatisticsJoined = {
  label: "batchNorm.statistics.joined",
  workgroup: 64,
  buffers: { mean: read(), spread: read(), rstd: write(), runningMean: write(), runningVar: write() },
  uniforms: { channels: "u32", each: "u32", eps: "f32", momentum: "f32" },
  body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let channel = flatGroup(wid, nwg) * WG + lane;
  if (channel >= params.channels) { return; }
  let n = f32(params.each);
  let center = mean[channel];
  let total = spread[channel];${settle}`,
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
export const batchNormForward = byVariant((variant: BatchNormVariant) => {
  const { element, suffix } = elementsOf(variant);
  return {
    label: `batchNorm.forward${suffix}`,
    workgroup: 64,
    buffers: {
      x: read(element),
      mean: read(),
      rstd: read(),
      weight: read(),
      bias: read(),
      y: write(element),
    },
    uniforms: { count: "u32", channels: "u32", pixels: "u32" },
    body: ofElements(variant, ["x"], "y", (of) => ({
      result: `(${of("x")} - mean[channel]) * rstd[channel] * weight[channel] + bias[channel]`,
    })),
  } as const satisfies KernelSpec;
});

/** dbias = Σ dy and dweight = Σ dy h of each channel, h = (x - mean) rstd; `adds` them to what is there. */
export const batchNormBackwardParams = byVariant(
  ({ adds, ...variant }: BatchNormVariant & { readonly adds: boolean }) => {
    const { element, functions, suffix, at } = elementsOf(variant, "x", "dy");
    const becomes = adds ? "+=" : "=";
    return {
      label: `batchNorm.backward.params${adds ? ".part" : ""}${suffix}`,
      workgroup: 64,
      buffers: {
        x: read(element),
        mean: read(),
        rstd: read(),
        dy: read(element),
        dweight: write(),
        dbias: write(),
      },
      uniforms: { channels: "u32", pixels: "u32", each: "u32" },
      body: wgsl`${functions}${channelStart}
  let center = mean[channel];
  var plain = 0.0;
  var skewed = 0.0;
  for (var i = lane; i < params.each; i += WG) {
    let at = placeOf(channel, i);
    plain += ${at("dy", "at")};
    skewed += ${at("dy", "at")} * (${at("x", "at")} - center);
  }
  let sumOfGradients = workgroupSum(plain, lane);
  let sumOfSkewed = workgroupSum(skewed, lane);
  if (lane != 0u) { return; }
  dbias[channel] ${becomes} sumOfGradients;
  dweight[channel] ${becomes} sumOfSkewed * rstd[channel];
}`,
    } as const satisfies KernelSpec;
  },
);

/**
 * dx = rstd weight (dy - (dbias + h dweight) / n) where the batch gave the statistics; without the second term, `share` 0
 * for 1 / n, where they were given.
 */
export const batchNormBackwardX = byVariant((variant: BatchNormVariant) => {
  const { element, suffix } = elementsOf(variant);
  return {
    label: `batchNorm.backward.x${suffix}`,
    workgroup: 64,
    buffers: {
      x: read(element),
      mean: read(),
      rstd: read(),
      weight: read(),
      dy: read(element),
      dweight: read(),
      dbias: read(),
      dx: write(element),
    },
    uniforms: { count: "u32", channels: "u32", pixels: "u32", share: "f32" },
    body: ofElements(variant, ["x", "dy"], "dx", (of) => ({
      lines: wgsl`
  let r = rstd[channel];
  let h = (${of("x")} - mean[channel]) * r;`,
      result: `r * weight[channel] * (${of("dy")} - params.share * (dbias[channel] + h * dweight[channel]))`,
    })),
  } as const satisfies KernelSpec;
});
