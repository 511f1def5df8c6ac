/** @file The kernels of AdamW: the norm of all gradients, and the update; several tensors share a dispatch. */

import { read, wgsl, write, type BufferDeclaration, type KernelSpec } from "../kernel/kernelSpec.ts";
import { flatGroup } from "../kernel/wgsl/flatIndex.ts";
import { byVariant } from "../kernel/wgsl/rowReduce.ts";
import { workgroupReduce } from "../kernel/wgsl/workgroupReduce.ts";
import { clipFactor } from "./gradNorm.wgsl.ts";

/** Gradients in one dispatch of {@link sumSquares}, at most: with the partial sums, eight buffers. */
export const maxGradients = 7;
/** Parameters in one dispatch of {@link updateAdamW}, at most: two buffers each, and norm and moments. */
export const maxParameters = 3;

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
const each = (count: number, line: (i: number) => string) => numbers(count).map(line).join("\n");
const named = <T>(names: readonly string[], value: T): Record<string, T> =>
  Object.fromEntries(names.map((name) => [name, value]));

/**
 * partials[first + invocation] = sum of squares of the quads that the invocation strides over.
 *
 * Each of `count` gradients has its own run of workgroups. No barrier: where lanes are software, barriers cost more than
 * all else here, and the few thousand sums are added up once, by `finishNorm`.
 */
export const sumSquares = byVariant((count: number): KernelSpec => ({
  label: "adamW.sumSquares",
  workgroup: 64,
  buffers: {
    ...named(
      numbers(count).map((i) => `gradient${i}`),
      read("vec4<f32>"),
    ),
    partials: write(),
  },
  uniforms: {
    first: "u32",
    ...named(
      numbers(count).flatMap((i) => [`size${i}`, `groups${i}`]),
      "u32",
    ),
  },
  constants: { GRADIENTS: count },
  body: wgsl`
${each(
  count,
  (i) => `fn squares${i}(group: u32, lane: u32) -> f32 {
  let whole = params.size${i} / 4u;
  var total = vec4<f32>(0.0);
  for (var i = group * WG + lane; i < whole; i += params.groups${i} * WG) {
    let g = gradient${i}[i];
    total += g * g;
  }
  var squares = (total.x + total.y) + (total.z + total.w);
  if (group == 0u && lane < params.size${i} % 4u) { // what is left of the last quad
    let g = gradient${i}[whole][lane];
    squares += g * g;
  }
  return squares;
}
`,
)}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let at = params.first + wid.x * WG + lane;
  var group = wid.x;
${each(
  count,
  (i) => `  if (group < params.groups${i}) {
    partials[at] = squares${i}(group, lane);
    return;
  }
  group -= params.groups${i};`,
)}
}`,
}));

/** norm = square root of the sum of the partial sums, in one workgroup. */
export const finishNorm = {
  label: "adamW.norm",
  workgroup: 64,
  buffers: { partials: read("vec4<f32>"), norm: write() },
  uniforms: { quads: "u32" },
  body: wgsl`
${workgroupReduce}
@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) lane: u32) {
  var total = vec4<f32>(0.0);
  for (var i = lane; i < params.quads; i += WG) { total += partials[i]; }
  let all = workgroupSum((total.x + total.y) + (total.z + total.w), lane);
  if (lane == 0u) { norm[0] = sqrt(all); }
}`,
} as const satisfies KernelSpec;

/**
 * One step of up to three parameters, in place, four elements an invocation.
 *
 * Parameter i has its own run of workgroups, none where it has no gradient. Its first moments begin at quad `at<i>` of
 * `moments`, its second ones after them. Coupled decay is `coupled<i>` times the parameter, a part of its gradient.
 */
export const updateAdamW = byVariant(
  ({ count, coupled }: { count: number; coupled: boolean }): KernelSpec => {
    const buffers: Record<string, BufferDeclaration> = {};
    for (const i of numbers(count)) {
      buffers[`gradient${i}`] = read("vec4<f32>");
      buffers[`parameter${i}`] = write("vec4<f32>");
    }
    return {
      label: "adamW.update",
      workgroup: 64,
      buffers: { ...buffers, norm: read(), moments: write("vec4<f32>") },
      uniforms: {
        maxNorm: "f32",
        limited: "u32",
        keepFirst: "f32",
        takeFirst: "f32",
        keepSecond: "f32",
        takeSecond: "f32",
        rootScale: "f32",
        eps: "f32",
        ...named(
          numbers(count).flatMap((i) => [`quads${i}`, `groups${i}`, `at${i}`]),
          "u32",
        ),
        ...named(
          numbers(count).flatMap((i) => [
            `keepParameter${i}`,
            `stepSize${i}`,
            ...(coupled ? [`coupled${i}`] : []),
          ]),
          "f32",
        ),
      },
      constants: { PARAMETERS: count, ...(coupled && { COUPLED: 1 }) },
      body: wgsl`
${flatGroup}
${clipFactor}
// Moves the moments, at the quads first and second, and gives the new value of the parameter.
fn updated(parameter: vec4<f32>, gradient: vec4<f32>, keepParameter: f32, stepSize: f32, first: u32, second: u32${coupled ? ", coupled: f32" : ""}) -> vec4<f32> {
  let g = gradient * clipFactor(norm[0], params.maxNorm, params.limited)${coupled ? " + coupled * parameter" : ""};
  let m = params.keepFirst * moments[first] + params.takeFirst * g;
  let v = params.keepSecond * moments[second] + params.takeSecond * g * g;
  moments[first] = m;
  moments[second] = v;
  return keepParameter * parameter - stepSize * m / (sqrt(v) * params.rootScale + params.eps);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  var group = flatGroup(wid, nwg);
${each(
  count,
  (i) => `  if (group < params.groups${i}) {
    let i = group * WG + lane;
    if (i < params.quads${i}) {
      let first = params.at${i} + i;
      parameter${i}[i] = updated(parameter${i}[i], gradient${i}[i], params.keepParameter${i}, params.stepSize${i}, first, first + params.quads${i}${coupled ? `, params.coupled${i}` : ""});
    }
    return;
  }
  group -= params.groups${i};`,
)}
}`,
    };
  },
);
