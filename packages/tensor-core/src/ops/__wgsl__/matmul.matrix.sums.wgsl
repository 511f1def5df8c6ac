enable subgroups;
enable chromium_experimental_subgroup_matrix;
struct Params {
  rows: u32,
  columns: u32,
  depth: u32,
  splitDepth: u32,
  rowBlocks: u32,
  columnBlocks: u32,
  batches: u32,
  aBatchStride: u32,
  bBatchStride: u32,
  scale: f32,
  units: u32,
  unitRows: u32,
}
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;
const WG = 128u;
const WG_X = 128u;
const WG_Y = 1u;
const WG_Z = 1u;
const TILE = false;
const ROWS = 32u;
const LANES = 32u;
const TRANSPOSE_A = true;
const TRANSPOSE_B = false;
const QUADS_A = false;
const QUADS_B = false;
const QUADS_Y = false;
const HALF_A = false;
const HALF_B = false;
const WHOLE_DEPTH = false;
const BIAS = false;
const GELU = false;
const SILU = false;
const KEEPS_INPUT = false;
const GATE = false;
const RESIDUAL = false;
const SUMS = true;
const MATRIX_M = 8u;
const MATRIX_N = 8u;
const MATRIX_K = 8u;
const MATRIX_HALF = false;
const EMULATED = false;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}



fn aFour(row: u32, i: u32, width: u32, base: u32) -> vec4<f32> {
  let start = base + row * width;
  let last = width - 1u;
  let four = vec4<f32>(
    a[start + i], a[start + min(i + 1u, last)],
    a[start + min(i + 2u, last)], a[start + min(i + 3u, last)]);
  return select(vec4<f32>(0.0), four, vec4<u32>(i, i + 1u, i + 2u, i + 3u) < vec4<u32>(width));
}

fn bFour(row: u32, i: u32, width: u32, base: u32) -> vec4<f32> {
  let start = base + row * width;
  let last = width - 1u;
  let four = vec4<f32>(
    b[start + i], b[start + min(i + 1u, last)],
    b[start + min(i + 2u, last)], b[start + min(i + 3u, last)]);
  return select(vec4<f32>(0.0), four, vec4<u32>(i, i + 1u, i + 2u, i + 3u) < vec4<u32>(width));
}

fn aAlongRows(k: u32, row: u32, base: u32) -> vec4<f32> {
  let at = min(row, params.rows - 1u);
  return select(
    vec4<f32>(0.0), aFour(min(k, params.depth - 1u), at, params.rows, base), k < params.depth);
}

fn bAlongColumns(k: u32, column: u32, base: u32) -> vec4<f32> {
  return select(
    vec4<f32>(0.0), bFour(min(k, params.depth - 1u), column, params.columns, base), k < params.depth);
}


fn yStore(at: u32, column: u32, value: vec4<f32>) {
  y[at] = value.x;
  if (column + 1u < params.columns) { y[at + 1u] = value.y; }
  if (column + 2u < params.columns) { y[at + 2u] = value.z; }
  if (column + 3u < params.columns) { y[at + 3u] = value.w; }
}
fn storeSum(split: u32, row: u32, value: f32) {
  if (row < params.rows) { sums[split * params.rows + row] = value; }
}

fn storeProduct(at: u32, column: u32, product: vec4<f32>) {
  var value = product * params.scale;
  yStore(at, column, value);
}

const SIDE = 64u;
const DEPTH = 16u;
const A_WIDTH = SIDE;
const B_WIDTH = SIDE;
// [row][k] and [k][column], or transposed, as the operands are stored; [subgroup][row of a small tile][column].
var<workgroup> aTile: array<f32, 1024>;
var<workgroup> bTile: array<f32, 1024>;
var<workgroup> strip: array<f32, 1024>;

alias Left = subgroup_matrix_left<f32, 8, 8>;
alias Right = subgroup_matrix_right<f32, 8, 8>;
alias Result = subgroup_matrix_result<f32, 8, 8>;
fn loadLeft(at: u32) -> Left { return subgroupMatrixLoad<Left, col_major>(&aTile, at, A_WIDTH); }
fn loadRight(at: u32) -> Right { return subgroupMatrixLoad<Right, row_major>(&bTile, at, B_WIDTH); }
fn multiplyAdd(left: Left, right: Right, sum: Result) -> Result {
  return subgroupMatrixMultiplyAccumulate(left, right, sum);
}
fn storeResult(at: u32, sum: Result) { subgroupMatrixStore<row_major>(&strip, at, sum, 32u); }

// Stores the strip: one row of the small tiles of each subgroup.
fn storeStrip(tile: u32, firstRow: u32, firstColumn: u32, plane: u32, lane: u32) {
  for (var i = lane; i < 256u; i += WG) {
    let at = i * 4u;
    let subgroup = i / 64u;
    let row = firstRow + (subgroup / 2u) * 32u + tile * 8u + (i / 8u) % 8u;
    let column = firstColumn + (subgroup % 2u) * 32u + (i % 8u) * 4u;
    if (row < params.rows && column < params.columns) {
      storeProduct((plane * params.rows + row) * params.columns + column, column,
        vec4<f32>(strip[at], strip[at + 1u], strip[at + 2u], strip[at + 3u]));
    }
  }
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32, @builtin(subgroup_id) subgroup: u32) {
  let unit = flatGroup(wid, nwg);
  if (unit >= params.units) { return; }

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
  var acc0_0: Result;
  var acc0_1: Result;
  var acc0_2: Result;
  var acc0_3: Result;
  var acc1_0: Result;
  var acc1_1: Result;
  var acc1_2: Result;
  var acc1_3: Result;
  var acc2_0: Result;
  var acc2_1: Result;
  var acc2_2: Result;
  var acc2_3: Result;
  var acc3_0: Result;
  var acc3_1: Result;
  var acc3_2: Result;
  var acc3_3: Result;
  var total = 0.0;
  for (var start = split * params.splitDepth; start < end; start += DEPTH) {

    for (var i = lane; i < SIDE * DEPTH / 4u; i += WG) {
      let line = i * 4u / A_WIDTH;
      let along = i * 4u % A_WIDTH;
      var four = vec4<f32>(0.0);
      if (start + line < end) { four = aAlongRows(start + line, firstRow + along, aBase); }
      aTile[i * 4u + 0u] = f32(four.x);
      aTile[i * 4u + 1u] = f32(four.y);
      aTile[i * 4u + 2u] = f32(four.z);
      aTile[i * 4u + 3u] = f32(four.w);
    }

    for (var i = lane; i < SIDE * DEPTH / 4u; i += WG) {
      let line = i * 4u / B_WIDTH;
      let along = i * 4u % B_WIDTH;
      var four = vec4<f32>(0.0);
      if (start + line < end) { four = bAlongColumns(start + line, min(firstColumn + along, lastColumn), bBase); }
      bTile[i * 4u + 0u] = f32(four.x);
      bTile[i * 4u + 1u] = f32(four.y);
      bTile[i * 4u + 2u] = f32(four.z);
      bTile[i * 4u + 3u] = f32(four.w);
    }
    workgroupBarrier();
    for (var k = 0u; k < DEPTH; k += 8u) {
      let left0 = loadLeft(k * A_WIDTH + ownRow + 0u);
      let left1 = loadLeft(k * A_WIDTH + ownRow + 8u);
      let left2 = loadLeft(k * A_WIDTH + ownRow + 16u);
      let left3 = loadLeft(k * A_WIDTH + ownRow + 24u);
      let right0 = loadRight(k * B_WIDTH + ownColumn + 0u);
      acc0_0 = multiplyAdd(left0, right0, acc0_0);
      acc1_0 = multiplyAdd(left1, right0, acc1_0);
      acc2_0 = multiplyAdd(left2, right0, acc2_0);
      acc3_0 = multiplyAdd(left3, right0, acc3_0);
      let right1 = loadRight(k * B_WIDTH + ownColumn + 8u);
      acc0_1 = multiplyAdd(left0, right1, acc0_1);
      acc1_1 = multiplyAdd(left1, right1, acc1_1);
      acc2_1 = multiplyAdd(left2, right1, acc2_1);
      acc3_1 = multiplyAdd(left3, right1, acc3_1);
      let right2 = loadRight(k * B_WIDTH + ownColumn + 16u);
      acc0_2 = multiplyAdd(left0, right2, acc0_2);
      acc1_2 = multiplyAdd(left1, right2, acc1_2);
      acc2_2 = multiplyAdd(left2, right2, acc2_2);
      acc3_2 = multiplyAdd(left3, right2, acc3_2);
      let right3 = loadRight(k * B_WIDTH + ownColumn + 24u);
      acc0_3 = multiplyAdd(left0, right3, acc0_3);
      acc1_3 = multiplyAdd(left1, right3, acc1_3);
      acc2_3 = multiplyAdd(left2, right3, acc2_3);
      acc3_3 = multiplyAdd(left3, right3, acc3_3);
    }
    if (lane < SIDE) {
      for (var k = 0u; k < DEPTH; k++) { total += f32(aTile[k * A_WIDTH + lane]); }
    }
    workgroupBarrier();
  }
  if (lane < SIDE && firstColumn == 0u && batch == 0u) { storeSum(split, firstRow + lane, total); }
  storeResult(subgroup * 256u + 0u, acc0_0);
  storeResult(subgroup * 256u + 8u, acc0_1);
  storeResult(subgroup * 256u + 16u, acc0_2);
  storeResult(subgroup * 256u + 24u, acc0_3);
  workgroupBarrier();
  storeStrip(0u, firstRow, firstColumn, plane, lane);
  workgroupBarrier();
  storeResult(subgroup * 256u + 0u, acc1_0);
  storeResult(subgroup * 256u + 8u, acc1_1);
  storeResult(subgroup * 256u + 16u, acc1_2);
  storeResult(subgroup * 256u + 24u, acc1_3);
  workgroupBarrier();
  storeStrip(1u, firstRow, firstColumn, plane, lane);
  workgroupBarrier();
  storeResult(subgroup * 256u + 0u, acc2_0);
  storeResult(subgroup * 256u + 8u, acc2_1);
  storeResult(subgroup * 256u + 16u, acc2_2);
  storeResult(subgroup * 256u + 24u, acc2_3);
  workgroupBarrier();
  storeStrip(2u, firstRow, firstColumn, plane, lane);
  workgroupBarrier();
  storeResult(subgroup * 256u + 0u, acc3_0);
  storeResult(subgroup * 256u + 8u, acc3_1);
  storeResult(subgroup * 256u + 16u, acc3_2);
  storeResult(subgroup * 256u + 24u, acc3_3);
  workgroupBarrier();
  storeStrip(3u, firstRow, firstColumn, plane, lane);
  workgroupBarrier();
}
