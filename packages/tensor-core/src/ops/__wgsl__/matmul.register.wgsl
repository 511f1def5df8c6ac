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
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> gate: array<f32>;
@group(0) @binding(4) var<storage, read> residual: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;
@group(0) @binding(6) var<storage, read_write> input: array<f32>;
@group(0) @binding(7) var<storage, read_write> sums: array<f32>;
@group(0) @binding(8) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;
const TILE = false;
const ROWS = 4u;
const LANES = 1u;
const TRANSPOSE_A = true;
const TRANSPOSE_B = false;
const QUADS_A = false;
const QUADS_B = false;
const QUADS_Y = false;
const HALF_A = false;
const HALF_B = false;
const WHOLE_DEPTH = false;
const BIAS = true;
const GELU = false;
const SILU = true;
const KEEPS_INPUT = true;
const GATE = true;
const RESIDUAL = true;
const SUMS = true;


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

fn biasAt(column: u32) -> vec4<f32> {
  let last = params.columns - 1u;
  return vec4<f32>(bias[column], bias[min(column + 1u, last)], bias[min(column + 2u, last)], bias[min(column + 3u, last)]);
}
fn gateFour(at: u32, column: u32) -> vec4<f32> {
  let last = at + params.columns - 1u - column;
  return vec4<f32>(gate[at], gate[min(at + 1u, last)], gate[min(at + 2u, last)], gate[min(at + 3u, last)]);
}
fn residualFour(at: u32, column: u32) -> vec4<f32> {
  let last = at + params.columns - 1u - column;
  return vec4<f32>(residual[at], residual[min(at + 1u, last)], residual[min(at + 2u, last)], residual[min(at + 3u, last)]);
}

fn yStore(at: u32, column: u32, value: vec4<f32>) {
  y[at] = value.x;
  if (column + 1u < params.columns) { y[at + 1u] = value.y; }
  if (column + 2u < params.columns) { y[at + 2u] = value.z; }
  if (column + 3u < params.columns) { y[at + 3u] = value.w; }
}
fn inputStore(at: u32, column: u32, value: vec4<f32>) {
  input[at] = value.x;
  if (column + 1u < params.columns) { input[at + 1u] = value.y; }
  if (column + 2u < params.columns) { input[at + 2u] = value.z; }
  if (column + 3u < params.columns) { input[at + 3u] = value.w; }
}
fn storeSum(split: u32, row: u32, value: f32) {
  if (row < params.rows) { sums[split * params.rows + row] = value; }
}

fn activate(x: vec4<f32>) -> vec4<f32> { return x / (1.0 + exp(-x)); }
fn storeProduct(at: u32, column: u32, product: vec4<f32>, shift: vec4<f32>) {
  var value = product * params.scale + shift;
  inputStore(at, column, value);
  value = activate(value);
  value *= gateFour(at, column);
  value += residualFour(at, column);
  yStore(at, column, value);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let unit = flatGroup(wid, nwg) * WG + lane;
  if (unit >= params.units) { return; }
  let rest = unit / params.rowBlocks;
  let row = (unit % params.rowBlocks) * ROWS;
  let column = ((rest % params.columnBlocks) * LANES) * 4u;
  let plane = rest / params.columnBlocks;
  let batch = plane % params.batches;
  let split = plane / params.batches;
  let aBase = batch * params.aBatchStride;
  let bBase = batch * params.bBatchStride;
  let end = min(params.depth, (split + 1u) * params.splitDepth);
  // Lanes past the last column compute with it, so that the subgroup stays whole.
  let readColumn = min(column, ((params.columns - 1u) / 4u) * 4u);
  var acc0 = vec4<f32>(0.0);
  var acc1 = vec4<f32>(0.0);
  var acc2 = vec4<f32>(0.0);
  var acc3 = vec4<f32>(0.0);
  var sum0 = vec4<f32>(0.0);
  var sum1 = vec4<f32>(0.0);
  var sum2 = vec4<f32>(0.0);
  var sum3 = vec4<f32>(0.0);
  for (var k = split * params.splitDepth; k < end; k += 4u) {
    let block0 = aAlongRows(k + (0u) / 1u, row + ((0u) % 1u) * 4u, aBase);
    let block1 = aAlongRows(k + (1u) / 1u, row + ((1u) % 1u) * 4u, aBase);
    let block2 = aAlongRows(k + (2u) / 1u, row + ((2u) % 1u) * 4u, aBase);
    let block3 = aAlongRows(k + (3u) / 1u, row + ((3u) % 1u) * 4u, aBase);
    sum0 += block0;
    sum1 += block1;
    sum2 += block2;
    sum3 += block3;
    let b0 = bAlongColumns(k + 0u, readColumn, bBase);
    let b1 = bAlongColumns(k + 1u, readColumn, bBase);
    let b2 = bAlongColumns(k + 2u, readColumn, bBase);
    let b3 = bAlongColumns(k + 3u, readColumn, bBase);
    acc0 += block0.x * b0;
    acc0 += block1.x * b1;
    acc0 += block2.x * b2;
    acc0 += block3.x * b3;
    acc1 += block0.y * b0;
    acc1 += block1.y * b1;
    acc1 += block2.y * b2;
    acc1 += block3.y * b3;
    acc2 += block0.z * b0;
    acc2 += block1.z * b1;
    acc2 += block2.z * b2;
    acc2 += block3.z * b3;
    acc3 += block0.w * b0;
    acc3 += block1.w * b1;
    acc3 += block2.w * b2;
    acc3 += block3.w * b3;
  }
  let total0 = (sum0 + sum1) + (sum2 + sum3);
  if (column == 0u && batch == 0u) { storeSum(split, row + 0u, total0[0]); storeSum(split, row + 1u, total0[1]); storeSum(split, row + 2u, total0[2]); storeSum(split, row + 3u, total0[3]); }

  if (column >= params.columns) { return; }
  let out = (plane * params.rows + row) * params.columns + column;
  let shift = biasAt(column);
  if (row + 0u < params.rows) { storeProduct(out + 0u * params.columns, column, acc0, shift); }
  if (row + 1u < params.rows) { storeProduct(out + 1u * params.columns, column, acc1, shift); }
  if (row + 2u < params.rows) { storeProduct(out + 2u * params.columns, column, acc2, shift); }
  if (row + 3u < params.rows) { storeProduct(out + 3u * params.columns, column, acc3, shift); }
}
