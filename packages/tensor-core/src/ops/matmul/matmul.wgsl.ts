/** @file Matrix products: one description, many instances. */

import { subgroupMatrixFeature } from "../../device/openDevice.ts";
import { type KernelSpec, read, wgsl, write } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import {
  halfFunctions,
  nativeHalves,
  pairFormats,
  type QuadFormat,
  quadFormat,
} from "../../kernel/wgsl/quadFormat.ts";
import { elementBody, elementStrides, elementVariant } from "./matmulElement.wgsl.ts";
import { lanesBody } from "./matmulLanes.wgsl.ts";
import { epilogueFunctions } from "./matmulEpilogue.wgsl.ts";
import { matrixBody } from "./matmulMatrix.wgsl.ts";
import { tileBody } from "./matmulTile.wgsl.ts";
import {
  type MatmulVariant,
  type MatrixUnit,
  readsNativeHalves,
  stepOf,
  workgroupOf,
} from "./matmulVariant.ts";

/** The buffers of the matmul kernels; an instance declares those that it uses. */
export type MatmulBuffer = "a" | "b" | "bias" | "gate" | "residual" | "y" | "input" | "sums";

/** The uniforms that say how much is multiplied. */
type MatmulSize = "rows" | "columns" | "depth" | "batches";

/** The uniforms that say where things lie, and how the work is cut; an instance declares those that it uses. */
type MatmulLayout =
  | "splitDepth"
  | "rowBlocks"
  | "columnBlocks"
  | "aBatchStride"
  | "bBatchStride"
  | "aRowStride"
  | "aDepthStride"
  | "bDepthStride"
  | "bColumnStride"
  | "units"
  | "unitRows"
  | "biased"
  | "added";

/**
 * y = activation(scale · a b + bias) · gate + residual, with an optional leading batch axis.
 *
 * The depth is walked in steps of four, or of two. A unit of work computes one block of y over `splitDepth` of the depth; where
 * that is less than the whole, y is [splits, ...] and is summed afterwards.
 */
export function matmulKernel(instance: MatmulVariant) {
  const element = instance.tiling.kind === "element";
  const variant = element ? elementVariant(instance) : instance;
  const { tiling, epilogue, quadsA, quadsB, quadsY } = variant;
  const native = readsNativeHalves(variant);
  const { step, pairsA, pairsB } = stepOf(variant);
  const formatOf = (half: boolean, pairs: boolean) => {
    if (pairs) return pairFormats[half ? (native ? "native" : "f16") : "f32"];
    return half && native ? nativeHalves : quadFormat(half ? "f16" : "f32");
  };
  const format = { a: formatOf(variant.halfA, pairsA), b: formatOf(variant.halfB, pairsB) };
  const tile = tiling.kind === "tile";
  const { unit } = tiling;
  const stored = quadsY ? "vec4<f32>" : "f32";
  return {
    label: "matmul",
    workgroup: workgroupOf(tiling),
    buffers: {
      a: read(quadsA ? format.a.element : "f32"),
      b: read(quadsB ? format.b.element : "f32"),
      ...(epilogue.bias ? { bias: read(stored) } : {}),
      ...(epilogue.gate ? { gate: read(stored) } : {}),
      ...(epilogue.residual ? { residual: read(stored) } : {}),
      y: write(stored),
      ...(epilogue.keepsInput ? { input: write(stored) } : {}),
      ...(variant.sums ? { sums: write() } : {}),
    } as Record<MatmulBuffer, ReturnType<typeof read>>,
    uniforms: {
      rows: "u32",
      columns: "u32",
      depth: "u32",
      splitDepth: "u32",
      rowBlocks: "u32",
      columnBlocks: "u32",
      batches: "u32",
      aBatchStride: "u32",
      bBatchStride: "u32",
      scale: "f32",
      units: "u32",
      unitRows: "u32",
      ...(epilogue.optional ? { biased: "u32", added: "u32" } : {}),
      ...(element ? elementStrides : {}),
    } as Record<MatmulSize | MatmulLayout, "u32"> & { scale: "f32" },
    flop: ({ rows, columns, depth, batches }: Record<MatmulSize, number>) =>
      2 * rows * columns * depth * batches,
    constants: {
      TILE: tile,
      ROWS: tiling.rows,
      LANES: tiling.lanes,
      TRANSPOSE_A: variant.transposeA,
      TRANSPOSE_B: variant.transposeB,
      QUADS_A: quadsA,
      QUADS_B: quadsB,
      QUADS_Y: quadsY,
      HALF_A: variant.halfA,
      HALF_B: variant.halfB,
      WHOLE_DEPTH: variant.wholeDepth,
      BIAS: epilogue.bias,
      GELU: epilogue.activation === "gelu",
      SILU: epilogue.activation === "silu",
      KEEPS_INPUT: epilogue.keepsInput,
      GATE: epilogue.gate,
      RESIDUAL: epilogue.residual,
      SUMS: variant.sums,
      ...(epilogue.optional ? { OPTIONAL: true } : {}),
      ...(step === 2 ? { STEP: 2 } : {}),
      ...(native ? { NATIVE_HALVES: true } : {}),
      ...(element ? { ELEMENT: true } : {}),
      ...(unit ? constantsOf(unit) : {}),
    },
    features: [
      ...(tiling.kind === "broadcast" ? (["subgroups"] as const) : []),
      ...(native || unit?.component === "f16" ? (["shader-f16"] as const) : []),
      ...(unit && !unit.emulated ? (["subgroups", subgroupMatrixFeature] as const) : []),
    ],
    body: element
      ? elementBody(variant)
      : wgsl`
${flatGroup}
${(variant.halfA || variant.halfB) && !native ? halfFunctions : ""}
${pairsA ? loadTwo("a", quadsA, format.a) : quadsA ? loadQuad("a", format.a) : loadScalars("a")}
${pairsB ? loadTwo("b", quadsB, format.b) : quadsB ? loadQuad("b", format.b) : loadScalars("b")}
${variant.transposeA ? aTransposed(variant) : aPlain(pairsA)}
${variant.transposeB ? bTransposed(pairsB) : bPlain(variant)}
${epilogueFunctions(variant)}
${unit ? matrixBody(variant, unit) : tile ? tileBody(variant) : lanesBody(variant)}`,
  } as const satisfies KernelSpec;
}

const constantsOf = ({ m, n, k, component, emulated = false }: MatrixUnit) => ({
  MATRIX_M: m,
  MATRIX_N: n,
  MATRIX_K: k,
  MATRIX_HALF: component === "f16",
  EMULATED: emulated,
});

/** Elements i to i + 3 along the stored last axis; i is a multiple of four from the start of a row. */
const loadQuad = (name: string, { load }: Pick<QuadFormat, "load">) => wgsl`
fn ${name}Four(row: u32, i: u32, width: u32, base: u32) -> vec4<f32> {
  return ${load(`${name}[(base + row * width + i) / 4u]`)};
}`;

// Elements past the end of the row are 0.
const loadScalars = (name: string) => wgsl`
fn ${name}Four(row: u32, i: u32, width: u32, base: u32) -> vec4<f32> {
  let start = base + row * width;
  let last = width - 1u;
  let four = vec4<f32>(
    ${name}[start + i], ${name}[start + min(i + 1u, last)],
    ${name}[start + min(i + 2u, last)], ${name}[start + min(i + 3u, last)]);
  return select(vec4<f32>(0.0), four, vec4<u32>(i, i + 1u, i + 2u, i + 3u) < vec4<u32>(width));
}`;

/** Elements i and i + 1 along the stored last axis; i is even from the start of a row. */
const loadTwo = (name: string, quads: boolean, { load }: Pick<QuadFormat, "load">) =>
  quads
    ? wgsl`
fn ${name}Two(row: u32, i: u32, width: u32, base: u32) -> vec2<f32> {
  return ${load(`${name}[(base + row * width + i) / 2u]`)};
}`
    : wgsl`
fn ${name}Two(row: u32, i: u32, width: u32, base: u32) -> vec2<f32> {
  let start = base + row * width;
  let two = vec2<f32>(${name}[start + i], ${name}[start + min(i + 1u, width - 1u)]);
  return select(vec2<f32>(0.0), two, vec2<u32>(i, i + 1u) < vec2<u32>(width));
}`;

// Rows past the end of y repeat one before it: they are not stored.
const aPlain = (pairs: boolean) => wgsl`
fn aAlongDepth(row: u32, k: u32, base: u32) -> ${pairs ? "vec2<f32>" : "vec4<f32>"} {
  return ${pairs ? "aTwo" : "aFour"}(min(row, params.rows - 1u), k, params.depth, base);
}`;

// Past the end of the depth a and b are 0.
const aTransposed = ({ wholeDepth, quadsA }: MatmulVariant) => wgsl`
fn aAlongRows(k: u32, row: u32, base: u32) -> vec4<f32> {
  let at = min(row, params.rows - ${quadsA ? 4 : 1}u);
  ${
    wholeDepth
      ? "return aFour(k, at, params.rows, base);"
      : `return select(
    vec4<f32>(0.0), aFour(min(k, params.depth - 1u), at, params.rows, base), k < params.depth);`
  }
}`;

const bPlain = ({ wholeDepth }: MatmulVariant) => wgsl`
fn bAlongColumns(k: u32, column: u32, base: u32) -> vec4<f32> {
  ${
    wholeDepth
      ? "return bFour(k, column, params.columns, base);"
      : `return select(
    vec4<f32>(0.0), bFour(min(k, params.depth - 1u), column, params.columns, base), k < params.depth);`
  }
}`;

const bTransposed = (pairs: boolean) => wgsl`
fn bAlongDepth(column: u32, k: u32, base: u32) -> ${pairs ? "vec2<f32>" : "vec4<f32>"} {
  return ${pairs ? "bTwo" : "bFour"}(min(column, params.columns - 1u), k, params.depth, base);
}`;
