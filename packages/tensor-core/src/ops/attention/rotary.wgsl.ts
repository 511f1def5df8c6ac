/** @file The rotation of rotary embeddings: one invocation for an item of the first half and its partner. */

import { type ElementType, read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { type QuadFormat, quadFormat } from "../../kernel/wgsl/quadFormat.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import type { Stored } from "./storedAs.ts";

const sizes = { count: "u32", half: "u32", heads: "u32", tokens: "u32" } as const;

/** What distinguishes the instances. */
export interface RotaryVariant extends Stored {
  /** Items are four neighbours, else single elements, which are f32. */
  readonly quads: boolean;
}

/** How x and y are read and written; the table is f32. */
function itemOf({ quads, dtype }: RotaryVariant): QuadFormat & { readonly inTable: ElementType } {
  const inTable = quads ? "vec4<f32>" : "f32";
  return { inTable, ...quadFormat(dtype), ...(quads ? {} : { element: "f32" }) };
}

/**
 * (y1, y2) = (x1 cos - x2 sin, x2 cos + x1 sin) for the halves x1, x2 of each head; `turn` is 1, or -1 to turn back.
 *
 * The table holds, for each position, the cosines and then the sines of a half. `half` counts items of it.
 */
const turnPairs = (offset: string, { load, store, functions }: QuadFormat) => wgsl`
${flatGroup}${functions}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let unit = flatGroup(wid, nwg) * WG + lane;
  if (unit >= params.count) { return; }
  let head = unit / params.half;
  let i = unit % params.half;
  let position = (head / params.heads) % params.tokens + ${offset};
  let cosine = table[position * 2u * params.half + i];
  let sine = table[(position * 2u + 1u) * params.half + i] * params.turn;
  let at = head * 2u * params.half + i;
  let x1 = ${load("x[at]")};
  let x2 = ${load("x[at + params.half]")};
  y[at] = ${store("x1 * cosine - x2 * sine")};
  y[at + params.half] = ${store("x2 * cosine + x1 * sine")};
}`;

/** The first token stands at the position that a uniform gives. */
export const rotaryKernel = byVariant((variant: RotaryVariant) => {
  const item = itemOf(variant);
  return {
    label: `rotaryEmbedding${item.suffix}`,
    workgroup: 64,
    buffers: { x: read(item.element), table: read(item.inTable), y: write(item.element) },
    uniforms: { ...sizes, offset: "u32", turn: "f32" },
    constants: { QUADS: variant.quads },
    body: turnPairs("params.offset", item),
  } as const satisfies KernelSpec;
});

/**
 * The first token stands at the position that a buffer gives: at `offsets[0]`, or where `each` is 1, at that of its batch
 * item. No token stands later than `last`, the first position from which all are in the table.
 */
export const rotaryOffsetKernel = byVariant((variant: RotaryVariant) => {
  const item = itemOf(variant);
  return {
    label: `rotaryEmbedding.offset${item.suffix}`,
    workgroup: 64,
    buffers: {
      x: read(item.element),
      table: read(item.inTable),
      offsets: read("i32"),
      y: write(item.element),
    },
    uniforms: { ...sizes, each: "u32", last: "u32", turn: "f32" },
    constants: { QUADS: variant.quads },
    body: turnPairs(
      "u32(clamp(offsets[head / params.heads / params.tokens * params.each], 0, i32(params.last)))",
      item,
    ),
  } as const satisfies KernelSpec;
});
