/** @file One kernel that gathers elements by strides: transpose, slice and broadcast are all it. */

import { type ElementType, read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";

/** Axes that one copy can walk, after neighbouring axes are merged. */
export const maxStridedRank = 6;

type Axis = 0 | 1 | 2 | 3 | 4 | 5;
export type StridedUniform = "count" | "offset" | `n${Axis}` | `step${Axis}`;

/** Bytes of the buffer elements that a copy may move. */
export const unitBytes: Partial<Record<ElementType, number>> = { u32: 4, "vec2<u32>": 8, "vec4<u32>": 16 };

export interface StridedVariant {
  /** 1 to `maxStridedRank`; each axis after the first costs every element a division. */
  readonly rank: number;
  readonly element: ElementType;
}

/** y, row-major over the axes n0, n1, ..., from x at `offset` and `step` along each; all counted in buffer elements. */
export function stridedCopyKernel({ rank, element }: StridedVariant) {
  const axes = Array.from({ length: rank }, (_, axis) => axis as Axis);
  const uniforms: Partial<Record<StridedUniform, "u32">> = { count: "u32", offset: "u32" };
  for (const axis of axes) uniforms[`n${axis}`] = uniforms[`step${axis}`] = "u32";
  const indices = axes
    .toReversed()
    .map((axis) =>
      axis === 0 ? "  let i0 = rest;" : `  let i${axis} = rest % params.n${axis}; rest /= params.n${axis};`,
    );
  const place = ["params.offset", ...axes.map((axis) => `i${axis} * params.step${axis}`)].join(" + ");
  return {
    label: `layout.stridedCopy${rank}`,
    workgroup: 64,
    buffers: { x: read(element), y: write(element) },
    uniforms: uniforms as Record<StridedUniform, "u32">,
    constants: { UNIT_BYTES: unitBytes[element] ?? 4 },
    body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  var rest = i;
${indices.join("\n")}
  y[i] = x[${place}];
}`,
  } as const satisfies KernelSpec;
}
