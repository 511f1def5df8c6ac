/** @file Matmul by subgroup matrices: products of small tiles that a subgroup holds together, as tensor cores make them. */

import { wgsl } from "../../kernel/kernelSpec.ts";
import { matrixDepth, matrixSide, type MatmulVariant, type MatrixUnit } from "./matmulVariant.ts";

/**
 * Four subgroups compute 64 x 64 of y, each 32 x 32. For some steps along K at a time, the workgroup copies its parts of
 * a and b to workgroup memory in the order in which they are stored, with zeros past the end of K; a transposed operand
 * is column-major there. So M, N and K may be any. The result passes through workgroup memory by rows of small tiles,
 * and each invocation finishes four columns at a time.
 */
export function matrixBody(variant: MatmulVariant, unit: MatrixUnit): string {
  const { transposeA, transposeB, sums, epilogue } = variant;
  const { m, n, k, component, emulated } = unit;
  const down = Array.from({ length: 32 / m }, (_, i) => i);
  const across = Array.from({ length: 32 / n }, (_, j) => j);
  const depth = matrixDepth(unit);
  return wgsl`
const SIDE = ${matrixSide}u;
const DEPTH = ${depth}u;
const A_WIDTH = ${transposeA ? "SIDE" : "DEPTH"};
const B_WIDTH = ${transposeB ? "DEPTH" : "SIDE"};
// [row][k] and [k][column], or transposed, as the operands are stored; [subgroup][row of a small tile][column].
var<workgroup> aTile: array<${component}, ${matrixSide * depth}>;
var<workgroup> bTile: array<${component}, ${matrixSide * depth}>;
var<workgroup> strip: array<f32, ${4 * m * 32}>;
${emulated ? emulatedMatrices(variant, unit) : subgroupMatrices(variant, unit)}

// Stores the strip: one row of the small tiles of each subgroup.
fn storeStrip(tile: u32, firstRow: u32, firstColumn: u32, plane: u32, lane: u32) {
  for (var i = lane; i < ${4 * m * 8}u; i += WG) {
    let at = i * 4u;
    let subgroup = i / ${m * 8}u;
    let row = firstRow + (subgroup / 2u) * 32u + tile * ${m}u + (i / 8u) % ${m}u;
    let column = firstColumn + (subgroup % 2u) * 32u + (i % 8u) * 4u;
    if (row < params.rows && column < params.columns) {
      storeProduct((plane * params.rows + row) * params.columns + column, column,
        vec4<f32>(strip[at], strip[at + 1u], strip[at + 2u], strip[at + 3u])${epilogue.bias ? ", biasAt(column)" : ""});
    }
  }
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32${emulated ? "" : ", @builtin(subgroup_id) subgroup: u32"}) {
  let unit = flatGroup(wid, nwg);
  if (unit >= params.units) { return; }
${emulated ? "  let subgroup = lane / LANES;\n  ownLane = lane % LANES;" : ""}
  let rest = unit / params.rowBlocks;
  let firstRow = (unit % params.rowBlocks) * SIDE;
  let firstColumn = (rest % params.columnBlocks) * SIDE;
  let plane = rest / params.columnBlocks;
  let batch = plane % params.batches;
  let split = plane / params.batches;
  let aBase = batch * params.aBatchStride;
  let bBase = batch * params.bBatchStride;
  let end = min(params.depth, (split + 1u) * params.splitDepth);
  let lastColumn = ((params.columns - 1u) / 4u) * 4u;
  let ownRow = (subgroup / 2u) * 32u;
  let ownColumn = (subgroup % 2u) * 32u;
${down.map((i) => across.map((j) => `  var acc${i}_${j}: Result;`).join("\n")).join("\n")}
${sums ? "  var total = 0.0;" : ""}
  for (var start = split * params.splitDepth; start < end; start += DEPTH) {
${copy("a", component, transposeA ? "aAlongRows(start + line, firstRow + along, aBase)" : "aAlongDepth(firstRow + line, start + along, aBase)", transposeA)}
${copy("b", component, transposeB ? "bAlongDepth(firstColumn + line, start + along, bBase)" : "bAlongColumns(start + line, min(firstColumn + along, lastColumn), bBase)", !transposeB)}
    workgroupBarrier();
    for (var k = 0u; k < DEPTH; k += ${k}u) {
${down.map((i) => `      let left${i} = loadLeft(${transposeA ? `k * A_WIDTH + ownRow + ${i * m}u` : `(ownRow + ${i * m}u) * A_WIDTH + k`});`).join("\n")}
${across
  .map((j) =>
    [
      `      let right${j} = loadRight(${transposeB ? `(ownColumn + ${j * n}u) * B_WIDTH + k` : `k * B_WIDTH + ownColumn + ${j * n}u`});`,
      ...down.map((i) => `      acc${i}_${j} = multiplyAdd(left${i}, right${j}, acc${i}_${j});`),
    ].join("\n"),
  )
  .join("\n")}
    }
${sums ? "    if (lane < SIDE) {\n      for (var k = 0u; k < DEPTH; k++) { total += f32(aTile[k * A_WIDTH + lane]); }\n    }" : ""}
    workgroupBarrier();
  }
${sums ? "  if (lane < SIDE && firstColumn == 0u && batch == 0u) { storeSum(split, firstRow + lane, total); }" : ""}
${down
  .map((i) =>
    [
      ...across.map((j) => `  storeResult(subgroup * ${m * 32}u + ${j * n}u, acc${i}_${j});`),
      "  workgroupBarrier();",
      `  storeStrip(${i}u, firstRow, firstColumn, plane, lane);`,
      "  workgroupBarrier();",
    ].join("\n"),
  )
  .join("\n")}
}`;
}

/** Copies a part of an operand, four neighbours at a time; its lines are steps along K, or cross them. */
const copy = (name: "a" | "b", component: string, load: string, linesAlongDepth: boolean) => {
  const width = `${name.toUpperCase()}_WIDTH`;
  const parts = ["x", "y", "z", "w"].map(
    (part, i) => `      ${name}Tile[i * 4u + ${i}u] = ${component}(four.${part});`,
  );
  return wgsl`
    for (var i = lane; i < SIDE * DEPTH / 4u; i += WG) {
      let line = i * 4u / ${width};
      let along = i * 4u % ${width};
      var four = vec4<f32>(0.0);
      if (start + ${linesAlongDepth ? "line" : "along"} < end) { four = ${load}; }
${parts.join("\n")}
    }`;
};

const major = (transposed: boolean) => (transposed ? "col_major" : "row_major");

/** The matrices of the extension, whose types name columns before rows. */
function subgroupMatrices(
  { transposeA, transposeB }: MatmulVariant,
  { m, n, k, component }: MatrixUnit,
): string {
  return wgsl`
alias Left = subgroup_matrix_left<${component}, ${k}, ${m}>;
alias Right = subgroup_matrix_right<${component}, ${n}, ${k}>;
alias Result = subgroup_matrix_result<f32, ${n}, ${m}>;
fn loadLeft(at: u32) -> Left { return subgroupMatrixLoad<Left, ${major(transposeA)}>(&aTile, at, A_WIDTH); }
fn loadRight(at: u32) -> Right { return subgroupMatrixLoad<Right, ${major(transposeB)}>(&bTile, at, B_WIDTH); }
fn multiplyAdd(left: Left, right: Right, sum: Result) -> Result {
  return subgroupMatrixMultiplyAccumulate(left, right, sum);
}
fn storeResult(at: u32, sum: Result) { subgroupMatrixStore<row_major>(&strip, at, sum, 32u); }`;
}

/**
 * The same without the extension, for tests: operands stay in the tiles, and each lane of a subgroup holds its share of a
 * result. Lengths of loops are uniforms, since what a compiler unrolls here takes minutes to compile.
 */
function emulatedMatrices(
  { transposeA, transposeB, tiling: { rows, lanes } }: MatmulVariant,
  { m, n, k }: MatrixUnit,
): string {
  const share = (m * n) / lanes;
  const times = (count: number) => `params.unitRows * ${count}u / ${rows}u`;
  return wgsl`
alias Left = u32;
alias Right = u32;
alias Result = array<f32, ${share}>;
var<private> ownLane: u32;
fn loadLeft(at: u32) -> Left { return at; }
fn loadRight(at: u32) -> Right { return at; }
fn multiplyAdd(left: Left, right: Right, sum: Result) -> Result {
  var added = sum;
  for (var i = 0u; i < ${times(share)}; i++) {
    let row = (i * LANES + ownLane) / ${n}u;
    let column = (i * LANES + ownLane) % ${n}u;
    var total = 0.0;
    for (var k = 0u; k < ${times(k)}; k++) {
      total += f32(aTile[left + ${transposeA ? "k * A_WIDTH + row" : "row * A_WIDTH + k"}]) *
        f32(bTile[right + ${transposeB ? "column * B_WIDTH + k" : "k * B_WIDTH + column"}]);
    }
    added[i % ${share}u] += total;
  }
  return added;
}
fn storeResult(at: u32, sum: Result) {
  var held = sum;
  for (var i = 0u; i < ${times(share)}; i++) {
    let element = i * LANES + ownLane;
    strip[at + element / ${n}u * 32u + element % ${n}u] = held[i % ${share}u];
  }
}`;
}
