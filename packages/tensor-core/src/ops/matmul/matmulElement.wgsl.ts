/** @file Matmul by invocations of one element each, wherever its operands stand: little code, for what is small. */

import { wgsl } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { activate } from "./matmulEpilogue.wgsl.ts";
import type { MatmulVariant } from "./matmulVariant.ts";

/** Uniforms by which an instance finds its operands. */
export const elementStrides = {
  aRowStride: "u32",
  aDepthStride: "u32",
  bDepthStride: "u32",
  bColumnStride: "u32",
} as const;

/** The instance that serves all storage and alignments: uniforms say how operands are stored, and what is added. */
export function elementVariant({ tiling, epilogue }: MatmulVariant): MatmulVariant {
  return {
    tiling,
    epilogue: { ...epilogue, bias: true, residual: true, optional: true },
    transposeA: false,
    transposeB: false,
    quadsA: false,
    quadsB: false,
    quadsY: false,
    halfA: false,
    halfB: false,
    wholeDepth: false,
    sums: false,
  };
}

/** Two loads for each multiply-add, five loads and stores in the text: on lavapipe those are what takes long to compile. */
export function elementBody({ epilogue: { activation, keepsInput, gate } }: MatmulVariant): string {
  const activated = activation !== "none";
  return wgsl`
${flatGroup}
${activated ? activate(activation) : ""}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let unit = flatGroup(wid, nwg) * WG + lane;
  if (unit >= params.units) { return; }
  let column = unit % params.columns;
  let row = (unit / params.columns) % params.rows;
  let plane = unit / params.columns / params.rows;
  let batch = plane % params.batches;
  let split = plane / params.batches;
  let aStart = batch * params.aBatchStride + row * params.aRowStride;
  let bStart = batch * params.bBatchStride + column * params.bColumnStride;
  let end = min(params.depth, (split + 1u) * params.splitDepth);
  var value = 0.0;
  for (var k = split * params.splitDepth; k < end; k++) {
    value += a[aStart + k * params.aDepthStride] * b[bStart + k * params.bDepthStride];
  }
  value *= params.scale;
  if (params.biased != 0u) { value += bias[column]; }
${keepsInput ? "  input[unit] = value;\n" : ""}${
    activated ? "  value = activate(vec4<f32>(value)).x;\n" : ""
  }${gate ? "  value *= gate[unit];\n" : ""}  if (params.added != 0u) { value += residual[unit]; }
  y[unit] = value;
}`;
}
