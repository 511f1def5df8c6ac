/** @file One kernel that copies elements between strided layouts: transpose, slice, concat and broadcast are all it. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";

/** Axes that one copy can walk, after neighbouring axes are merged. */
export const maxStridedRank = 6;

type Axis = 0 | 1 | 2 | 3 | 4 | 5;
type Uniform = "count" | "xOffset" | "yOffset" | `n${Axis}` | `xs${Axis}` | `ys${Axis}`;

/**
 * The copy over `rank` axes, 1 to 6; each further axis costs every element a division. With `quads`, an element is four
 * neighbours of both sides, and all counts, steps and offsets are in fours.
 */
export function stridedCopyKernel(rank: number, quads: boolean) {
  const element = quads ? "vec4<u32>" : "u32";
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  const uniforms: Record<string, "u32"> = { count: "u32", xOffset: "u32", yOffset: "u32" };
  for (const axis of axes) {
    uniforms[`n${axis}`] = uniforms[`xs${axis}`] = uniforms[`ys${axis}`] = "u32";
  }
  const indices = axes
    .toReversed()
    .map((axis) =>
      axis === 0 ? "  let i0 = i;" : `  let i${axis} = i % params.n${axis}; i /= params.n${axis};`,
    );
  const place = (side: string) =>
    [`params.${side}Offset`, ...axes.map((axis) => `i${axis} * params.${side}s${axis}`)].join(" + ");
  return {
    label: `layout.stridedCopy${rank}`,
    workgroup: 64,
    buffers: { x: read(element), y: write(element) },
    uniforms: uniforms as Record<Uniform, "u32">,
    constants: { QUADS: quads },
    body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  var i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
${indices.join("\n")}
  y[${place("y")}] =
    x[${place("x")}];
}`,
  } as const satisfies KernelSpec;
}
