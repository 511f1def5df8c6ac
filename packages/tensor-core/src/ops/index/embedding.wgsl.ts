/** @file Gather of table rows, and its gradient by a counting sort of the ids. */

import { type ElementType, read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { unitBytes } from "../layout/strided.wgsl.ts";

/** Parts of the list of ids that are counted and placed side by side. */
export const chunks = 64;

const elementOf = (quads: boolean) => (quads ? "vec4<f32>" : "f32");

/**
 * y[n] = weight[ids[n]], for the ids among the `rows` rows from `first` on, which are those that are bound; zero, written
 * with the first of them, where the id is no row of the table. A row is `width` buffer elements.
 */
export function embeddingForward({ element }: { element: ElementType }) {
  return {
    label: "embedding.forward",
    workgroup: 64,
    buffers: { weight: read(element), ids: read("i32"), y: write(element) },
    uniforms: { count: "u32", width: "u32", vocabulary: "u32", first: "u32", rows: "u32" },
    constants: { UNIT_BYTES: unitBytes[element] ?? 4 },
    body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  let n = i / params.width;
  let id = u32(ids[n]); // a negative id is past the end
  let row = id - params.first; // past the end where the id is before the first
  if (row < params.rows) {
    y[i] = weight[row * params.width + i - n * params.width];
  } else if (params.first == 0u && id >= params.vocabulary) {
    y[i] = ${element}();
  }
}`,
  } as const satisfies KernelSpec;
}

const chunkBounds = wgsl`
  let chunk = wid.x * WG + lane;
  let first = chunk * params.chunkSize;
  let last = min(first + params.chunkSize, params.count);
`;

/** slots[id, chunk] = occurrences of the id in the chunk. One invocation a chunk, so nothing is shared. */
export const countIds = {
  label: "embedding.backward.count",
  workgroup: 16,
  buffers: { ids: read("i32"), slots: write("u32") },
  uniforms: { count: "u32", chunkSize: "u32", vocabulary: "u32" },
  constants: { CHUNKS: chunks },
  body: wgsl`
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
${chunkBounds}
  for (var id = 0u; id < params.vocabulary; id++) { slots[id * CHUNKS + chunk] = 0u; }
  for (var n = first; n < last; n++) {
    let id = u32(ids[n]);
    if (id < params.vocabulary) { slots[id * CHUNKS + chunk]++; }
  }
}`,
} as const satisfies KernelSpec;

/** Turns counts into the sum of all counts before them, in one workgroup. */
export const scanCounts = {
  label: "embedding.backward.scan",
  workgroup: 256,
  buffers: { slots: write("u32") },
  uniforms: { length: "u32", perLane: "u32" },
  body: wgsl`
var<workgroup> totals: array<u32, WG>;

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) lane: u32) {
  let first = lane * params.perLane;
  let last = min(first + params.perLane, params.length);
  var total = 0u;
  for (var i = first; i < last; i++) { total += slots[i]; }
  totals[lane] = total;
  workgroupBarrier();
  var before = 0u;
  for (var other = 0u; other < lane; other++) { before += totals[other]; }
  for (var i = first; i < last; i++) {
    let here = slots[i];
    slots[i] = before;
    before += here;
  }
}`,
} as const satisfies KernelSpec;

/** order = the positions of the ids, by id and then by position; a slot ends where the next begins. */
export const placeIds = {
  label: "embedding.backward.place",
  workgroup: 16,
  buffers: { ids: read("i32"), slots: write("u32"), order: write("u32") },
  uniforms: { count: "u32", chunkSize: "u32", vocabulary: "u32" },
  constants: { CHUNKS: chunks },
  body: wgsl`
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
${chunkBounds}
  for (var n = first; n < last; n++) {
    let id = u32(ids[n]);
    if (id < params.vocabulary) {
      let at = slots[id * CHUNKS + chunk];
      order[at] = n;
      slots[id * CHUNKS + chunk] = at + 1u;
    }
  }
}`,
} as const satisfies KernelSpec;

/** own = ids - first, by fours. */
export const shiftIds = {
  label: "embedding.backward.shift",
  workgroup: 64,
  buffers: { ids: read("vec4<i32>"), own: write("vec4<i32>") },
  uniforms: { quads: "u32", first: "i32" },
  body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i < params.quads) { own[i] = ids[i] - params.first; }
}`,
} as const satisfies KernelSpec;

export interface SumVariant {
  readonly quads: boolean;
  /** Add to what is there. */
  readonly onto?: true;
}

/**
 * dweight[id] = sum of dy over the positions of the id, in their order, for the rows from `firstRow` on. Slots are bounded
 * by the number of positions: on any others, as when this kernel runs without those before it, a loop could take 2^32
 * turns and hang the device.
 */
export function sumRows({ quads, onto }: SumVariant) {
  return {
    label: "embedding.backward.weight",
    workgroup: 64,
    buffers: {
      dy: read(elementOf(quads)),
      slots: read("u32"),
      order: read("u32"),
      dweight: write(elementOf(quads)),
    },
    uniforms: { count: "u32", width: "u32", positions: "u32", firstRow: "u32" },
    constants: { QUADS: quads, CHUNKS: chunks, ...(onto ? { ONTO: true } : {}) },
    body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  let row = i / params.width;
  let column = i - row * params.width;
  let id = params.firstRow + row;
  var first = 0u;
  if (id > 0u) { first = slots[id * CHUNKS - 1u]; }
  let last = min(slots[id * CHUNKS + CHUNKS - 1u], params.positions);
  var total = ${onto ? "dweight[i]" : `${elementOf(quads)}()`};
  for (var k = first; k < last; k++) { total += dy[order[k] * params.width + column]; }
  dweight[i] = total;
}`,
  } as const satisfies KernelSpec;
}
