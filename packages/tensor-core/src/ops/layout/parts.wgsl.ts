/** @file The parts of a tensor along one axis, all copied by one kernel: from the whole, or into it. */

import { type ElementType, read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { unitBytes } from "./strided.wgsl.ts";

/** Parts that one kernel can bind beside the whole. */
export const maxParts = 7;

type Part = 0 | 1 | 2 | 3 | 4 | 5 | 6;
export type PartBuffer = "whole" | `part${Part}`;
export type PartUniform = "count" | "row" | "width" | "start" | `end${Part}`;

export interface PartsVariant {
  /** 1 to `maxParts` */
  readonly parts: number;
  readonly element: ElementType;
  /** Write the whole from the parts, not the parts from the whole. */
  readonly join: boolean;
}

/**
 * Copies between parts and `width` units from `start` of each row of the whole; a row is one index of the axes before
 * the one that is divided. Part j holds the units from the end of part j - 1 up to `endj` of each row.
 */
export function partsKernel({ parts, element, join }: PartsVariant) {
  const places = Array.from({ length: parts }, (_, j) => j as Part);
  const buffers: Partial<Record<PartBuffer, ReturnType<typeof read>>> = {};
  const uniforms: Partial<Record<PartUniform, "u32">> = {
    count: "u32",
    row: "u32",
    width: "u32",
    start: "u32",
  };
  for (const j of places) {
    buffers[`part${j}`] = join ? read(element) : write(element);
    uniforms[`end${j}`] = "u32";
  }
  buffers.whole = join ? write(element) : read(element);
  const copies = places.map((j) => {
    const begin = `params.end${j - 1}`;
    const index =
      j === 0 ? "row * params.end0 + place" : `row * (params.end${j} - ${begin}) + place - ${begin}`;
    const copy = join ? `whole[at] = part${j}[${index}];` : `part${j}[${index}] = whole[at];`;
    return j === parts - 1 ? `  ${copy}` : `  if (place < params.end${j}) { ${copy} return; }`;
  });
  return {
    label: join ? `layout.join${parts}` : `layout.split${parts}`,
    writesPart: join,
    workgroup: 64,
    buffers: buffers as Record<PartBuffer, ReturnType<typeof read>>,
    uniforms: uniforms as Record<PartUniform, "u32">,
    constants: { UNIT_BYTES: unitBytes[element] ?? 4 },
    body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  let row = i / params.width;
  let place = i - row * params.width;
  let at = row * params.row + params.start + place;
${copies.join("\n")}
}`,
  } as const satisfies KernelSpec;
}
