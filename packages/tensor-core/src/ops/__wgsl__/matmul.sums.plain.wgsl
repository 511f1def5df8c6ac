struct Params {
  rows: u32,
  columns: u32,
  depth: u32,
  rowBlocks: u32,
  columnBlocks: u32,
  aBatchStride: u32,
  bBatchStride: u32,
  scale: f32,
  units: u32,
}
@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;
const TRANSPOSE_A = true;
const TRANSPOSE_B = false;
const QUADS_A = true;
const QUADS_B = true;
const QUADS_Y = true;
const BIAS = false;
const SUMS = true;
const LANES = 1u;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}


fn aFour(row: u32, i: u32, width: u32, base: u32) -> vec4<f32> {
  return a[(base + row * width + i) / 4u];
}

fn bFour(row: u32, i: u32, width: u32, base: u32) -> vec4<f32> {
  return b[(base + row * width + i) / 4u];
}

fn aBlock(piece: u32, row: u32, k: u32, base: u32) -> vec4<f32> {
  let at = k + piece / 2u;
  let i = row + (piece % 2u) * 4u;
  if (at >= params.depth || i >= params.rows) { return vec4<f32>(0.0); }
  return aFour(at, i, params.rows, base);
}

fn bBlock(k: u32, column: u32, base: u32) -> array<vec4<f32>, 4> {
  let last = params.depth - 1u;
  return array<vec4<f32>, 4>(
    bFour(k, column, params.columns, base),
    bFour(min(k + 1u, last), column, params.columns, base),
    bFour(min(k + 2u, last), column, params.columns, base),
    bFour(min(k + 3u, last), column, params.columns, base));
}

fn store(at: u32, column: u32, value: vec4<f32>) { y[at / 4u] = value; }

fn biasAt(column: u32) -> vec4<f32> { return vec4<f32>(0.0); }

fn storeSums(row: u32, low: vec4<f32>, high: vec4<f32>) {
  for (var i = 0u; i < min(8u, params.rows - row); i++) {
    sums[row + i] = select(high[i % 4u], low[i % 4u], i < 4u);
  }
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let unit = flatGroup(wid, nwg) * WG + lane;
  if (unit >= params.units) { return; }

  let rowBlock = unit % params.rowBlocks;
  let rest = unit / params.rowBlocks;
  let batch = rest / params.columnBlocks;
  let row = rowBlock * 8u;
  let aBase = batch * params.aBatchStride;
  let bBase = batch * params.bBatchStride;
  let column = (rest % params.columnBlocks) * 4u;
  var acc0 = vec4<f32>(0.0);
  var acc1 = vec4<f32>(0.0);
  var acc2 = vec4<f32>(0.0);
  var acc3 = vec4<f32>(0.0);
  var acc4 = vec4<f32>(0.0);
  var acc5 = vec4<f32>(0.0);
  var acc6 = vec4<f32>(0.0);
  var acc7 = vec4<f32>(0.0);
  var sum0 = vec4<f32>(0.0);
  var sum1 = vec4<f32>(0.0);
  var sum2 = vec4<f32>(0.0);
  var sum3 = vec4<f32>(0.0);
  var sum4 = vec4<f32>(0.0);
  var sum5 = vec4<f32>(0.0);
  var sum6 = vec4<f32>(0.0);
  var sum7 = vec4<f32>(0.0);
  for (var k = 0u; k < params.depth; k += 4u) {
    let block0 = aBlock(0u, row, k, aBase);
    let block1 = aBlock(1u, row, k, aBase);
    let block2 = aBlock(2u, row, k, aBase);
    let block3 = aBlock(3u, row, k, aBase);
    let block4 = aBlock(4u, row, k, aBase);
    let block5 = aBlock(5u, row, k, aBase);
    let block6 = aBlock(6u, row, k, aBase);
    let block7 = aBlock(7u, row, k, aBase);
    sum0 += block0;
    sum1 += block1;
    sum2 += block2;
    sum3 += block3;
    sum4 += block4;
    sum5 += block5;
    sum6 += block6;
    sum7 += block7;
    let rows = bBlock(k, column, bBase);
    acc0 += block0.x * rows[0];
    acc0 += block2.x * rows[1];
    acc0 += block4.x * rows[2];
    acc0 += block6.x * rows[3];
    acc1 += block0.y * rows[0];
    acc1 += block2.y * rows[1];
    acc1 += block4.y * rows[2];
    acc1 += block6.y * rows[3];
    acc2 += block0.z * rows[0];
    acc2 += block2.z * rows[1];
    acc2 += block4.z * rows[2];
    acc2 += block6.z * rows[3];
    acc3 += block0.w * rows[0];
    acc3 += block2.w * rows[1];
    acc3 += block4.w * rows[2];
    acc3 += block6.w * rows[3];
    acc4 += block1.x * rows[0];
    acc4 += block3.x * rows[1];
    acc4 += block5.x * rows[2];
    acc4 += block7.x * rows[3];
    acc5 += block1.y * rows[0];
    acc5 += block3.y * rows[1];
    acc5 += block5.y * rows[2];
    acc5 += block7.y * rows[3];
    acc6 += block1.z * rows[0];
    acc6 += block3.z * rows[1];
    acc6 += block5.z * rows[2];
    acc6 += block7.z * rows[3];
    acc7 += block1.w * rows[0];
    acc7 += block3.w * rows[1];
    acc7 += block5.w * rows[2];
    acc7 += block7.w * rows[3];
  }

  let low = (sum0 + sum2) + (sum4 + sum6);
  let high = (sum1 + sum3) + (sum5 + sum7);
  if (column == 0u && batch == 0u) { storeSums(row, low, high); }
  let offset = biasAt(column);
  let out = (batch * params.rows + row) * params.columns + column;
  if (row + 0u < params.rows) {
    store(out + 0u * params.columns, column, acc0 * params.scale + offset);
  }
  if (row + 1u < params.rows) {
    store(out + 1u * params.columns, column, acc1 * params.scale + offset);
  }
  if (row + 2u < params.rows) {
    store(out + 2u * params.columns, column, acc2 * params.scale + offset);
  }
  if (row + 3u < params.rows) {
    store(out + 3u * params.columns, column, acc3 * params.scale + offset);
  }
  if (row + 4u < params.rows) {
    store(out + 4u * params.columns, column, acc4 * params.scale + offset);
  }
  if (row + 5u < params.rows) {
    store(out + 5u * params.columns, column, acc5 * params.scale + offset);
  }
  if (row + 6u < params.rows) {
    store(out + 6u * params.columns, column, acc6 * params.scale + offset);
  }
  if (row + 7u < params.rows) {
    store(out + 7u * params.columns, column, acc7 * params.scale + offset);
  }
}
