/** @file Sliding windows over images, and the sum of windows back into images. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";

const uniforms = {
  count: "u32",
  height: "u32",
  width: "u32",
  rows: "u32",
  columns: "u32",
  kernelHeight: "u32",
  kernelWidth: "u32",
  strideY: "u32",
  strideX: "u32",
  paddingY: "u32",
  paddingX: "u32",
  dilationY: "u32",
  dilationX: "u32",
} as const;

/** x [planes, height, width] -> y [planes, kernelHeight · kernelWidth, rows · columns], zero outside of an image. */
export const unfoldKernel = {
  label: "unfold.forward",
  workgroup: 64,
  buffers: { x: read(), y: write() },
  uniforms,
  body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  let windows = params.rows * params.columns;
  let window = i % windows;
  let tap = (i / windows) % (params.kernelHeight * params.kernelWidth);
  let plane = i / windows / (params.kernelHeight * params.kernelWidth);
  // Places before the image wrap to large numbers.
  let v = window / params.columns * params.strideY + tap / params.kernelWidth * params.dilationY - params.paddingY;
  let u = window % params.columns * params.strideX + tap % params.kernelWidth * params.dilationX - params.paddingX;
  var value = 0.0;
  if (v < params.height && u < params.width) { value = x[(plane * params.height + v) * params.width + u]; }
  y[i] = value;
}`,
} as const satisfies KernelSpec;

/** dx: each pixel sums the windows that it lies in, tap by tap. */
export const unfoldBackward = {
  label: "unfold.backward.x",
  workgroup: 64,
  buffers: { dy: read(), dx: write() },
  uniforms,
  body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  let u = i % params.width;
  let v = i / params.width % params.height;
  let plane = i / params.width / params.height;
  let windows = params.rows * params.columns;
  var total = 0.0;
  for (var ky = 0u; ky < params.kernelHeight; ky++) {
    let top = v + params.paddingY - ky * params.dilationY;
    let row = top / params.strideY;
    if (top % params.strideY != 0u || row >= params.rows) { continue; }
    for (var kx = 0u; kx < params.kernelWidth; kx++) {
      let left = u + params.paddingX - kx * params.dilationX;
      let column = left / params.strideX;
      if (left % params.strideX != 0u || column >= params.columns) { continue; }
      let tap = (plane * params.kernelHeight + ky) * params.kernelWidth + kx;
      total += dy[tap * windows + row * params.columns + column];
    }
  }
  dx[i] = total;
}`,
} as const satisfies KernelSpec;
