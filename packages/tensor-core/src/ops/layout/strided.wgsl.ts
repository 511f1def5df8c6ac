/** @file One kernel that gathers elements by strides: transpose, slice and broadcast are all it. */

import { type ElementType, read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { windowUniforms } from "./windowUniforms.ts";

/** Axes that one copy can walk, after neighbouring axes are merged. */
export const maxStridedRank = 6;

type Axis = 0 | 1 | 2 | 3 | 4 | 5;
export type StridedUniform = "count" | "offset" | `n${Axis}` | `step${Axis}` | keyof typeof windowUniforms;

/** Bytes of the buffer elements that a copy may move. */
export const unitBytes: Partial<Record<ElementType, number>> = { u32: 4, "vec2<u32>": 8, "vec4<u32>": 16 };

export interface StridedVariant {
  /** 1 to `maxStridedRank`; each axis after the first costs every element a division. */
  readonly rank: number;
  readonly element: ElementType;
  /** x has words, each of which becomes all of an element of y, and of those along the last axis. */
  readonly splat?: true;
  /** x and y are a window and a part. */
  readonly windows?: true;
}

/**
 * y, row-major over the axes n0, n1, ..., from x at `offset` and `step` along each; all counted in buffer elements. In
 * windows, y is `count` elements from `first` on, of which those are written that come from the `window` of x.
 */
export function stridedCopyKernel({ rank, element, splat, windows }: StridedVariant) {
  const axes = Array.from({ length: rank }, (_, axis) => axis as Axis);
  const uniforms: Partial<Record<StridedUniform, "u32">> = { count: "u32", offset: "u32" };
  const moved = splat ? axes.slice(0, -1) : axes;
  for (const axis of axes) {
    if (axis < moved.length) uniforms[`step${axis}`] = "u32";
    uniforms[`n${axis}`] = "u32";
  }
  if (windows) Object.assign(uniforms, windowUniforms);
  const indices = axes
    .toReversed()
    .map((axis) =>
      axis === 0 ? "  let i0 = rest;" : `  let i${axis} = rest % params.n${axis}; rest /= params.n${axis};`,
    );
  const place = ["params.offset", ...moved.map((axis) => `i${axis} * params.step${axis}`)].join(" + ");
  const copyFrom = (at: string) => `y[i] = ${splat ? `${element}(x[${at}])` : `x[${at}]`};`;
  return {
    label: `layout.stridedCopy${rank}`,
    workgroup: 64,
    buffers: { x: read(splat ? "u32" : element), y: write(element) },
    uniforms: uniforms as Record<StridedUniform, "u32">,
    constants: {
      UNIT_BYTES: unitBytes[element] ?? 4,
      ...(splat ? { SPLAT: true } : {}),
      ...(windows ? { WINDOWS: true } : {}),
    },
    body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  var rest = i${windows ? " + params.first" : ""};
${indices.join("\n")}
${
  windows
    ? `  // Before the window the place wraps to a large number.
  let place = ${place} - params.begin;
  if (place < params.window) { ${copyFrom("place")} }`
    : `  ${copyFrom(place)}`
}
}`,
  } as const satisfies KernelSpec;
}
