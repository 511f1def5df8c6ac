/** @file A tensor in a larger one, with one value around it along one axis. */

import { type ElementType, read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { unitBytes } from "./strided.wgsl.ts";

const place = { count: "u32", row: "u32", start: "u32", length: "u32" } as const;

/** In each row of y, x fills `length` buffer elements from `start`, and `word` the others. */
export function padKernel({ element }: { element: ElementType }) {
  return {
    label: "layout.pad",
    workgroup: 64,
    buffers: { x: read(element), y: write(element) },
    uniforms: { ...place, word: "u32" },
    constants: { UNIT_BYTES: unitBytes[element] ?? 4 },
    body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  let outer = i / params.row;
  let place = i - outer * params.row - params.start;
  var value = ${element}(params.word);
  // Before the start the place wraps to a large number.
  if (place < params.length) { value = x[outer * params.length + place]; }
  y[i] = value;
}`,
  } as const satisfies KernelSpec;
}

/** The gradient of a slice on top of what is known: dx = known, and dy added in its place. */
export function addSliceKernel({ quads }: { quads: boolean }) {
  const element = quads ? "vec4<f32>" : "f32";
  return {
    label: "slice.backward.x",
    workgroup: 64,
    buffers: { dy: read(element), known: read(element), dx: write(element) },
    uniforms: place,
    constants: { QUADS: quads },
    body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  let outer = i / params.row;
  let place = i - outer * params.row - params.start;
  var value = known[i];
  // Before the start the place wraps to a large number.
  if (place < params.length) { value += dy[outer * params.length + place]; }
  dx[i] = value;
}`,
  } as const satisfies KernelSpec;
}
