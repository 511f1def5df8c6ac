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
@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;
const WG = 256u;
const WG_X = 256u;
const WG_Y = 1u;
const WG_Z = 1u;
const TILE = true;
const ROWS = 8u;
const LANES = 1u;
const TRANSPOSE_A = true;
const TRANSPOSE_B = false;
const QUADS_A = true;
const QUADS_B = true;
const QUADS_Y = true;
const HALF_A = false;
const HALF_B = false;
const WHOLE_DEPTH = true;
const BIAS = false;
const GELU = false;
const SILU = false;
const KEEPS_INPUT = false;
const GATE = false;
const RESIDUAL = false;
const SUMS = true;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}



fn aFour(row: u32, i: u32, width: u32, base: u32) -> vec4<f32> {
  return a[(base + row * width + i) / 4u];
}

fn bFour(row: u32, i: u32, width: u32, base: u32) -> vec4<f32> {
  return b[(base + row * width + i) / 4u];
}

fn aAlongRows(k: u32, row: u32, base: u32) -> vec4<f32> {
  let at = min(row, params.rows - 4u);
  return aFour(k, at, params.rows, base);
}

fn bAlongColumns(k: u32, column: u32, base: u32) -> vec4<f32> {
  return bFour(k, column, params.columns, base);
}


fn yStore(at: u32, column: u32, value: vec4<f32>) { y[at / 4u] = value; }
fn storeSum(split: u32, row: u32, value: f32) {
  if (row < params.rows) { sums[split * params.rows + row] = value; }
}

fn storeProduct(at: u32, column: u32, product: vec4<f32>) {
  var value = product * params.scale;
  yStore(at, column, value);
}

const TILE_DEPTH = 16u;
const TILE_ROWS = 128u;
const TILE_COLUMNS = 64u;
// [k][row] and [k][column / 4]
var<workgroup> aTile: array<f32, 2048>;
var<workgroup> bTile: array<vec4<f32>, 256>;

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
  var acc0 = vec4<f32>(0.0);
  var acc1 = vec4<f32>(0.0);
  var acc2 = vec4<f32>(0.0);
  var acc3 = vec4<f32>(0.0);
  var acc4 = vec4<f32>(0.0);
  var acc5 = vec4<f32>(0.0);
  var acc6 = vec4<f32>(0.0);
  var acc7 = vec4<f32>(0.0);
  var total: array<f32, 8>;
  for (var start = split * params.splitDepth; start < end; start += TILE_DEPTH) {

    for (var i = lane; i < TILE_DEPTH * (TILE_ROWS / 4u); i += WG) {
      let k = i / (TILE_ROWS / 4u);
      let row = (i % (TILE_ROWS / 4u)) * 4u;
      var four = vec4<f32>(0.0);
      if (start + k < end) { four = aAlongRows(start + k, firstRow + row, aBase); }
      aTile[k * TILE_ROWS + row] = four.x;
      aTile[k * TILE_ROWS + row + 1u] = four.y;
      aTile[k * TILE_ROWS + row + 2u] = four.z;
      aTile[k * TILE_ROWS + row + 3u] = four.w;
    }

    {
      let k = start + lane / 16u;
      let column = min(firstColumn + (lane % 16u) * 4u, lastColumn);
      var four = vec4<f32>(0.0);
      if (k < end) { four = bAlongColumns(k, column, bBase); }
      bTile[lane] = four;
    }
    workgroupBarrier();
    for (var k = 0u; k < TILE_DEPTH; k++) {
      let b = bTile[k * 16u + across];
      let at = k * TILE_ROWS + down * ROWS;
      let a0 = aTile[at + 0u];
      acc0 += a0 * b;
      let a1 = aTile[at + 1u];
      acc1 += a1 * b;
      let a2 = aTile[at + 2u];
      acc2 += a2 * b;
      let a3 = aTile[at + 3u];
      acc3 += a3 * b;
      let a4 = aTile[at + 4u];
      acc4 += a4 * b;
      let a5 = aTile[at + 5u];
      acc5 += a5 * b;
      let a6 = aTile[at + 6u];
      acc6 += a6 * b;
      let a7 = aTile[at + 7u];
      acc7 += a7 * b;
      total[0] += a0;
      total[1] += a1;
      total[2] += a2;
      total[3] += a3;
      total[4] += a4;
      total[5] += a5;
      total[6] += a6;
      total[7] += a7;
    }
    workgroupBarrier();
  }
  let row = firstRow + down * ROWS;
  let column = firstColumn + across * 4u;
  if (column == 0u && batch == 0u) {
    storeSum(split, row + 0u, total[0]);
    storeSum(split, row + 1u, total[1]);
    storeSum(split, row + 2u, total[2]);
    storeSum(split, row + 3u, total[3]);
    storeSum(split, row + 4u, total[4]);
    storeSum(split, row + 5u, total[5]);
    storeSum(split, row + 6u, total[6]);
    storeSum(split, row + 7u, total[7]);
  }

  if (column >= params.columns) { return; }
  let out = (plane * params.rows + row) * params.columns + column;

  if (row + 0u < params.rows) { storeProduct(out + 0u * params.columns, column, acc0); }
  if (row + 1u < params.rows) { storeProduct(out + 1u * params.columns, column, acc1); }
  if (row + 2u < params.rows) { storeProduct(out + 2u * params.columns, column, acc2); }
  if (row + 3u < params.rows) { storeProduct(out + 3u * params.columns, column, acc3); }
  if (row + 4u < params.rows) { storeProduct(out + 4u * params.columns, column, acc4); }
  if (row + 5u < params.rows) { storeProduct(out + 5u * params.columns, column, acc5); }
  if (row + 6u < params.rows) { storeProduct(out + 6u * params.columns, column, acc6); }
  if (row + 7u < params.rows) { storeProduct(out + 7u * params.columns, column, acc7); }
}
