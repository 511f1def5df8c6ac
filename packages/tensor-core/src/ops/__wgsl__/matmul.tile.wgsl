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
@group(0) @binding(3) var<uniform> params: Params;
const WG = 256u;
const WG_X = 256u;
const WG_Y = 1u;
const WG_Z = 1u;
const TILE = true;
const ROWS = 4u;
const LANES = 1u;
const TRANSPOSE_A = false;
const TRANSPOSE_B = true;
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
const SUMS = false;


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

fn aAlongDepth(row: u32, k: u32, base: u32) -> vec4<f32> {
  return aFour(min(row, params.rows - 1u), k, params.depth, base);
}

fn bAlongDepth(column: u32, k: u32, base: u32) -> vec4<f32> {
  return bFour(min(column, params.columns - 1u), k, params.depth, base);
}


fn yStore(at: u32, column: u32, value: vec4<f32>) {
  y[at] = value.x;
  if (column + 1u < params.columns) { y[at + 1u] = value.y; }
  if (column + 2u < params.columns) { y[at + 2u] = value.z; }
  if (column + 3u < params.columns) { y[at + 3u] = value.w; }
}

fn storeProduct(at: u32, column: u32, product: vec4<f32>) {
  var value = product * params.scale;
  yStore(at, column, value);
}

const TILE_DEPTH = 16u;
const TILE_ROWS = 64u;
const TILE_COLUMNS = 64u;
// [k][row] and [k][column / 4]
var<workgroup> aTile: array<f32, 1024>;
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

  for (var start = split * params.splitDepth; start < end; start += TILE_DEPTH) {

    for (var i = lane; i < TILE_ROWS * (TILE_DEPTH / 4u); i += WG) {
      let row = i / (TILE_DEPTH / 4u);
      let k = (i % (TILE_DEPTH / 4u)) * 4u;
      var four = vec4<f32>(0.0);
      if (start + k < end) { four = aAlongDepth(firstRow + row, start + k, aBase); }
      aTile[k * TILE_ROWS + row] = four.x;
      aTile[(k + 1u) * TILE_ROWS + row] = four.y;
      aTile[(k + 2u) * TILE_ROWS + row] = four.z;
      aTile[(k + 3u) * TILE_ROWS + row] = four.w;
    }

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

    }
    workgroupBarrier();
  }
  let row = firstRow + down * ROWS;
  let column = firstColumn + across * 4u;


  if (column >= params.columns) { return; }
  let out = (plane * params.rows + row) * params.columns + column;

  if (row + 0u < params.rows) { storeProduct(out + 0u * params.columns, column, acc0); }
  if (row + 1u < params.rows) { storeProduct(out + 1u * params.columns, column, acc1); }
  if (row + 2u < params.rows) { storeProduct(out + 2u * params.columns, column, acc2); }
  if (row + 3u < params.rows) { storeProduct(out + 3u * params.columns, column, acc3); }
}
