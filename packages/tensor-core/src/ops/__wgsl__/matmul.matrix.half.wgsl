enable subgroups;
enable f16;
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
@group(0) @binding(0) var<storage, read> a: array<vec4<f16>>;
@group(0) @binding(1) var<storage, read> b: array<vec4<f16>>;
@group(0) @binding(2) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> gate: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> residual: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> input: array<vec4<f32>>;
@group(0) @binding(7) var<uniform> params: Params;
const WG = 128u;
const WG_X = 128u;
const WG_Y = 1u;
const WG_Z = 1u;
const TILE = false;
const ROWS = 32u;
const LANES = 32u;
const TRANSPOSE_A = false;
const TRANSPOSE_B = true;
const QUADS_A = true;
const QUADS_B = true;
const QUADS_Y = true;
const HALF_A = true;
const HALF_B = true;
const WHOLE_DEPTH = true;
const BIAS = true;
const GELU = false;
const SILU = true;
const KEEPS_INPUT = true;
const GATE = true;
const RESIDUAL = true;
const SUMS = false;
const NATIVE_HALVES = true;
const MATRIX_M = 16u;
const MATRIX_N = 8u;
const MATRIX_K = 16u;
const MATRIX_HALF = true;
const EMULATED = false;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}



fn aFour(row: u32, i: u32, width: u32, base: u32) -> vec4<f32> {
  return vec4<f32>(a[(base + row * width + i) / 4u]);
}

fn bFour(row: u32, i: u32, width: u32, base: u32) -> vec4<f32> {
  return vec4<f32>(b[(base + row * width + i) / 4u]);
}

fn aAlongDepth(row: u32, k: u32, base: u32) -> vec4<f32> {
  return aFour(min(row, params.rows - 1u), k, params.depth, base);
}

fn bAlongDepth(column: u32, k: u32, base: u32) -> vec4<f32> {
  return bFour(min(column, params.columns - 1u), k, params.depth, base);
}

fn biasAt(column: u32) -> vec4<f32> { return bias[column / 4u]; }
fn gateFour(at: u32, column: u32) -> vec4<f32> { return gate[at / 4u]; }
fn residualFour(at: u32, column: u32) -> vec4<f32> { return residual[at / 4u]; }

fn yStore(at: u32, column: u32, value: vec4<f32>) { y[at / 4u] = value; }
fn inputStore(at: u32, column: u32, value: vec4<f32>) { input[at / 4u] = value; }

fn activate(x: vec4<f32>) -> vec4<f32> { return x / (1.0 + exp(-x)); }
fn storeProduct(at: u32, column: u32, product: vec4<f32>, shift: vec4<f32>) {
  var value = product * params.scale + shift;
  inputStore(at, column, value);
  value = activate(value);
  value *= gateFour(at, column);
  value += residualFour(at, column);
  yStore(at, column, value);
}

const SIDE = 64u;
const DEPTH = 32u;
const A_WIDTH = DEPTH;
const B_WIDTH = DEPTH;
// [row][k] and [k][column], or transposed, as the operands are stored; [subgroup][row of a small tile][column].
var<workgroup> aTile: array<f16, 2048>;
var<workgroup> bTile: array<f16, 2048>;
var<workgroup> strip: array<f32, 2048>;

alias Left = subgroup_matrix_left<f16, 16, 16>;
alias Right = subgroup_matrix_right<f16, 8, 16>;
alias Result = subgroup_matrix_result<f32, 8, 16>;
fn loadLeft(at: u32) -> Left { return subgroupMatrixLoad<Left, row_major>(&aTile, at, A_WIDTH); }
fn loadRight(at: u32) -> Right { return subgroupMatrixLoad<Right, col_major>(&bTile, at, B_WIDTH); }
fn multiplyAdd(left: Left, right: Right, sum: Result) -> Result {
  return subgroupMatrixMultiplyAccumulate(left, right, sum);
}
fn storeResult(at: u32, sum: Result) { subgroupMatrixStore<row_major>(&strip, at, sum, 32u); }

// Stores the strip: one row of the small tiles of each subgroup.
fn storeStrip(tile: u32, firstRow: u32, firstColumn: u32, plane: u32, lane: u32) {
  for (var i = lane; i < 512u; i += WG) {
    let at = i * 4u;
    let subgroup = i / 128u;
    let row = firstRow + (subgroup / 2u) * 32u + tile * 16u + (i / 8u) % 16u;
    let column = firstColumn + (subgroup % 2u) * 32u + (i % 8u) * 4u;
    if (row < params.rows && column < params.columns) {
      storeProduct((plane * params.rows + row) * params.columns + column, column,
        vec4<f32>(strip[at], strip[at + 1u], strip[at + 2u], strip[at + 3u]), biasAt(column));
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

  for (var start = split * params.splitDepth; start < end; start += DEPTH) {

    for (var i = lane; i < SIDE * DEPTH / 4u; i += WG) {
      let line = i * 4u / A_WIDTH;
      let along = i * 4u % A_WIDTH;
      var four = vec4<f32>(0.0);
      if (start + along < end) { four = aAlongDepth(firstRow + line, start + along, aBase); }
      aTile[i * 4u + 0u] = f16(four.x);
      aTile[i * 4u + 1u] = f16(four.y);
      aTile[i * 4u + 2u] = f16(four.z);
      aTile[i * 4u + 3u] = f16(four.w);
    }

    for (var i = lane; i < SIDE * DEPTH / 4u; i += WG) {
      let line = i * 4u / B_WIDTH;
      let along = i * 4u % B_WIDTH;
      var four = vec4<f32>(0.0);
      if (start + along < end) { four = bAlongDepth(firstColumn + line, start + along, bBase); }
      bTile[i * 4u + 0u] = f16(four.x);
      bTile[i * 4u + 1u] = f16(four.y);
      bTile[i * 4u + 2u] = f16(four.z);
      bTile[i * 4u + 3u] = f16(four.w);
    }
    workgroupBarrier();
    for (var k = 0u; k < DEPTH; k += 16u) {
      let left0 = loadLeft((ownRow + 0u) * A_WIDTH + k);
      let left1 = loadLeft((ownRow + 16u) * A_WIDTH + k);
      let right0 = loadRight((ownColumn + 0u) * B_WIDTH + k);
      acc0_0 = multiplyAdd(left0, right0, acc0_0);
      acc1_0 = multiplyAdd(left1, right0, acc1_0);
      let right1 = loadRight((ownColumn + 8u) * B_WIDTH + k);
      acc0_1 = multiplyAdd(left0, right1, acc0_1);
      acc1_1 = multiplyAdd(left1, right1, acc1_1);
      let right2 = loadRight((ownColumn + 16u) * B_WIDTH + k);
      acc0_2 = multiplyAdd(left0, right2, acc0_2);
      acc1_2 = multiplyAdd(left1, right2, acc1_2);
      let right3 = loadRight((ownColumn + 24u) * B_WIDTH + k);
      acc0_3 = multiplyAdd(left0, right3, acc0_3);
      acc1_3 = multiplyAdd(left1, right3, acc1_3);
    }

    workgroupBarrier();
  }

  storeResult(subgroup * 512u + 0u, acc0_0);
  storeResult(subgroup * 512u + 8u, acc0_1);
  storeResult(subgroup * 512u + 16u, acc0_2);
  storeResult(subgroup * 512u + 24u, acc0_3);
  workgroupBarrier();
  storeStrip(0u, firstRow, firstColumn, plane, lane);
  workgroupBarrier();
  storeResult(subgroup * 512u + 0u, acc1_0);
  storeResult(subgroup * 512u + 8u, acc1_1);
  storeResult(subgroup * 512u + 16u, acc1_2);
  storeResult(subgroup * 512u + 24u, acc1_3);
  workgroupBarrier();
  storeStrip(1u, firstRow, firstColumn, plane, lane);
  workgroupBarrier();
}
