/** @file Matmul from tiles of both operands in workgroup memory, for devices that hide loads behind many workgroups. */

import { wgsl } from "../../kernel/kernelSpec.ts";
import { storeRows } from "./matmulEpilogue.wgsl.ts";
import type { MatmulVariant } from "./matmulVariant.ts";

/** Steps along K that a tile holds. */
export const tileDepth = 16;

/**
 * A workgroup of 16 x 16 invocations computes 16 · `rows` by 64 columns. Per 16 steps along K it copies
 * (16 · rows + 64) x 16 values to workgroup memory, each read once from storage, and each invocation makes
 * rows + 4 reads there for 4 · rows multiply-adds.
 */
export function tileBody(variant: MatmulVariant): string {
  const { tiling, transposeA, transposeB, sums } = variant;
  const rows = tiling.rows;
  const rowNumbers = Array.from({ length: rows }, (_, i) => i);
  const tileRows = 16 * rows;
  return wgsl`
const TILE_DEPTH = ${tileDepth}u;
const TILE_ROWS = ${tileRows}u;
const TILE_COLUMNS = 64u;
// [k][row] and [k][column / 4]
var<workgroup> aTile: array<f32, ${tileDepth * tileRows}>;
var<workgroup> bTile: array<vec4<f32>, ${tileDepth * 16}>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let unit = flatGroup(wid, nwg);
  if (unit >= params.units) { return; }
  let rest = unit / params.rowBlocks;
  let firstRow = (unit % params.rowBlocks) * TILE_ROWS;
  let firstColumn = (rest % params.columnBlocks) * TILE_COLUMNS;
  let plane = rest / params.columnBlocks;
  let batch = plane % params.batches;
  let split = plane / params.batches;
  let aBase = batch * params.aBatchStride;
  let bBase = batch * params.bBatchStride;
  let end = min(params.depth, (split + 1u) * params.splitDepth);
  let lastColumn = ((params.columns - 1u) / 4u) * 4u;
  let across = lane % 16u;
  let down = lane / 16u;
${rowNumbers.map((r) => `  var acc${r} = vec4<f32>(0.0);`).join("\n")}
${sums ? `  var total: array<f32, ${rows}>;` : ""}
  for (var start = split * params.splitDepth; start < end; start += TILE_DEPTH) {
${transposeA ? copyATransposed : copyA}
${transposeB ? copyBTransposed : copyB}
    workgroupBarrier();
    for (var k = 0u; k < TILE_DEPTH; k++) {
      let b = bTile[k * 16u + across];
      let at = k * TILE_ROWS + down * ROWS;
${rowNumbers.map((r) => `      let a${r} = aTile[at + ${r}u];\n      acc${r} += a${r} * b;`).join("\n")}
${sums ? rowNumbers.map((r) => `      total[${r}] += a${r};`).join("\n") : ""}
    }
    workgroupBarrier();
  }
  let row = firstRow + down * ROWS;
  let column = firstColumn + across * 4u;
${
  sums
    ? `  if (column == 0u && batch == 0u) {\n${rowNumbers
        .map((r) => `    storeSum(split, row + ${r}u, total[${r}]);`)
        .join("\n")}\n  }`
    : ""
}
${storeRows(variant)}
}`;
}

// Steps past the end of a split are 0 in a, whatever b holds there.
const copyA = wgsl`
    for (var i = lane; i < TILE_ROWS * (TILE_DEPTH / 4u); i += WG) {
      let row = i / (TILE_DEPTH / 4u);
      let k = (i % (TILE_DEPTH / 4u)) * 4u;
      var four = vec4<f32>(0.0);
      if (start + k < end) { four = aAlongDepth(firstRow + row, start + k, aBase); }
      aTile[k * TILE_ROWS + row] = four.x;
      aTile[(k + 1u) * TILE_ROWS + row] = four.y;
      aTile[(k + 2u) * TILE_ROWS + row] = four.z;
      aTile[(k + 3u) * TILE_ROWS + row] = four.w;
    }`;

const copyATransposed = wgsl`
    for (var i = lane; i < TILE_DEPTH * (TILE_ROWS / 4u); i += WG) {
      let k = i / (TILE_ROWS / 4u);
      let row = (i % (TILE_ROWS / 4u)) * 4u;
      var four = vec4<f32>(0.0);
      if (start + k < end) { four = aAlongRows(start + k, firstRow + row, aBase); }
      aTile[k * TILE_ROWS + row] = four.x;
      aTile[k * TILE_ROWS + row + 1u] = four.y;
      aTile[k * TILE_ROWS + row + 2u] = four.z;
      aTile[k * TILE_ROWS + row + 3u] = four.w;
    }`;

const copyB = wgsl`
    {
      let k = start + lane / 16u;
      let column = min(firstColumn + (lane % 16u) * 4u, lastColumn);
      var four = vec4<f32>(0.0);
      if (k < end) { four = bAlongColumns(k, column, bBase); }
      bTile[lane] = four;
    }`;

// Four columns by four steps an invocation, turned to rows along the columns.
const copyBTransposed = wgsl`
    if (lane < 16u * (TILE_DEPTH / 4u)) {
      let k = (lane / 16u) * 4u;
      let column = firstColumn + (lane % 16u) * 4u;
      var c0 = vec4<f32>(0.0);
      var c1 = vec4<f32>(0.0);
      var c2 = vec4<f32>(0.0);
      var c3 = vec4<f32>(0.0);
      if (start + k < end) {
        c0 = bAlongDepth(column, start + k, bBase);
        c1 = bAlongDepth(column + 1u, start + k, bBase);
        c2 = bAlongDepth(column + 2u, start + k, bBase);
        c3 = bAlongDepth(column + 3u, start + k, bBase);
      }
      let at = k * 16u + lane % 16u;
      bTile[at] = vec4<f32>(c0.x, c1.x, c2.x, c3.x);
      bTile[at + 16u] = vec4<f32>(c0.y, c1.y, c2.y, c3.y);
      bTile[at + 32u] = vec4<f32>(c0.z, c1.z, c2.z, c3.z);
      bTile[at + 48u] = vec4<f32>(c0.w, c1.w, c2.w, c3.w);
    }`;
