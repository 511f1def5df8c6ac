/** @file A tensor in a larger one, with one value around it along one axis. */

import { type ElementType, read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { unitBytes } from "./strided.wgsl.ts";
import { windowUniforms } from "./windowUniforms.ts";

const place = { count: "u32", row: "u32", start: "u32", length: "u32" } as const;

const main = wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
`;

/** The same where the whole is a part, and what lies in it is a window. */
const mainOfWindow = wgsl`${main}  let at = i + params.first;
  let outer = at / params.row;
  let place = at - outer * params.row - params.start; // before the start it wraps to a large number
  let source = outer * params.length + place - params.begin;
`;

/** In each row of y, x fills `length` buffer elements from `start`, and `word` the others. */
export function padKernel({ element }: { element: ElementType }) {
  return {
    label: "layout.pad",
    workgroup: 64,
    buffers: { x: read(element), y: write(element) },
    uniforms: { ...place, word: "u32" },
    constants: { UNIT_BYTES: unitBytes[element] ?? 4 },
    body: wgsl`${main}  let outer = i / params.row;
  let place = i - outer * params.row - params.start;
  var value = ${element}(params.word);
  // Before the start the place wraps to a large number.
  if (place < params.length) { value = x[outer * params.length + place]; }
  y[i] = value;
}`,
  } as const satisfies KernelSpec;
}

/** x into y alone, of which there are a window and a part; see `recordByWindows`. */
export function insertKernel({ element }: { element: ElementType }) {
  return {
    label: "layout.insert",
    writesPart: true,
    workgroup: 64,
    buffers: { x: read(element), y: write(element) },
    uniforms: { ...place, ...windowUniforms },
    constants: { UNIT_BYTES: unitBytes[element] ?? 4 },
    body: wgsl`${mainOfWindow}  if (place < params.length && source < params.window) { y[i] = x[source]; }
}`,
  } as const satisfies KernelSpec;
}

/** The gradient of a slice on top of what is known: dx = known, and dy added in its place. */
export function addSliceKernel({ quads }: { quads: boolean }) {
  return {
    ...addition(quads),
    uniforms: place,
    constants: { QUADS: quads },
    body: wgsl`${main}  let outer = i / params.row;
  let place = i - outer * params.row - params.start;
  var value = known[i];
  // Before the start the place wraps to a large number.
  if (place < params.length) { value += dy[outer * params.length + place]; }
  dx[i] = value;
}`,
  } as const satisfies KernelSpec;
}

/** The same for parts of dx and of what is known, and windows of dy; see `recordByWindows`. */
export function addSliceInWindows({ quads }: { quads: boolean }) {
  return {
    ...addition(quads),
    uniforms: { ...place, ...windowUniforms },
    constants: { QUADS: quads, WINDOWS: true },
    body: wgsl`${mainOfWindow}  if (place >= params.length) {
    dx[i] = known[i];
  } else if (source < params.window) {
    dx[i] = known[i] + dy[source];
  }
}`,
  } as const satisfies KernelSpec;
}

function addition(quads: boolean) {
  const element = quads ? "vec4<f32>" : "f32";
  return {
    label: "slice.backward.x",
    workgroup: 64,
    buffers: { dy: read(element), known: read(element), dx: write(element) },
  } as const;
}
