enable subgroups;
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
@group(0) @binding(0) var<storage, read> a: array<vec2<f32>>;
@group(0) @binding(1) var<storage, read> b: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> params: Params;
const WG = 8u;
const WG_X = 8u;
const WG_Y = 1u;
const WG_Z = 1u;
const TILE = false;
const ROWS = 16u;
const LANES = 8u;
const TRANSPOSE_A = false;
const TRANSPOSE_B = true;
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
const SUMS = false;
const STEP = 2u;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}



fn aTwo(row: u32, i: u32, width: u32, base: u32) -> vec2<f32> {
  return a[(base + row * width + i) / 2u];
}

fn bTwo(row: u32, i: u32, width: u32, base: u32) -> vec2<f32> {
  return b[(base + row * width + i) / 2u];
}

fn aAlongDepth(row: u32, k: u32, base: u32) -> vec2<f32> {
  return aTwo(min(row, params.rows - 1u), k, params.depth, base);
}

fn bAlongDepth(column: u32, k: u32, base: u32) -> vec2<f32> {
  return bTwo(min(column, params.columns - 1u), k, params.depth, base);
}


fn yStore(at: u32, column: u32, value: vec4<f32>) { y[at / 4u] = value; }

fn storeProduct(at: u32, column: u32, product: vec4<f32>) {
  var value = product * params.scale;
  yStore(at, column, value);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(subgroup_invocation_id) lane: u32) {
  let unit = flatGroup(wid, nwg);
  if (unit >= params.units) { return; }
  let rest = unit / params.rowBlocks;
  let row = (unit % params.rowBlocks) * ROWS;
  let column = ((rest % params.columnBlocks) * LANES + lane) * 4u;
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
  var acc4 = vec4<f32>(0.0);
  var acc5 = vec4<f32>(0.0);
  var acc6 = vec4<f32>(0.0);
  var acc7 = vec4<f32>(0.0);
  var acc8 = vec4<f32>(0.0);
  var acc9 = vec4<f32>(0.0);
  var acc10 = vec4<f32>(0.0);
  var acc11 = vec4<f32>(0.0);
  var acc12 = vec4<f32>(0.0);
  var acc13 = vec4<f32>(0.0);
  var acc14 = vec4<f32>(0.0);
  var acc15 = vec4<f32>(0.0);

  for (var k = split * params.splitDepth; k < end; k += 2u) {
    let block0 = aAlongDepth(row + lane + 0u, k, aBase);
    let block1 = aAlongDepth(row + lane + 8u, k, aBase);

    let c0 = bAlongDepth(readColumn + 0u, k, bBase);
    let c1 = bAlongDepth(readColumn + 1u, k, bBase);
    let c2 = bAlongDepth(readColumn + 2u, k, bBase);
    let c3 = bAlongDepth(readColumn + 3u, k, bBase);
    let b0 = vec4<f32>(c0.x, c1.x, c2.x, c3.x);
    let b1 = vec4<f32>(c0.y, c1.y, c2.y, c3.y);
    acc0 += subgroupBroadcast(block0.x, 0u) * b0;
    acc0 += subgroupBroadcast(block0.y, 0u) * b1;
    acc1 += subgroupBroadcast(block0.x, 1u) * b0;
    acc1 += subgroupBroadcast(block0.y, 1u) * b1;
    acc2 += subgroupBroadcast(block0.x, 2u) * b0;
    acc2 += subgroupBroadcast(block0.y, 2u) * b1;
    acc3 += subgroupBroadcast(block0.x, 3u) * b0;
    acc3 += subgroupBroadcast(block0.y, 3u) * b1;
    acc4 += subgroupBroadcast(block0.x, 4u) * b0;
    acc4 += subgroupBroadcast(block0.y, 4u) * b1;
    acc5 += subgroupBroadcast(block0.x, 5u) * b0;
    acc5 += subgroupBroadcast(block0.y, 5u) * b1;
    acc6 += subgroupBroadcast(block0.x, 6u) * b0;
    acc6 += subgroupBroadcast(block0.y, 6u) * b1;
    acc7 += subgroupBroadcast(block0.x, 7u) * b0;
    acc7 += subgroupBroadcast(block0.y, 7u) * b1;
    acc8 += subgroupBroadcast(block1.x, 0u) * b0;
    acc8 += subgroupBroadcast(block1.y, 0u) * b1;
    acc9 += subgroupBroadcast(block1.x, 1u) * b0;
    acc9 += subgroupBroadcast(block1.y, 1u) * b1;
    acc10 += subgroupBroadcast(block1.x, 2u) * b0;
    acc10 += subgroupBroadcast(block1.y, 2u) * b1;
    acc11 += subgroupBroadcast(block1.x, 3u) * b0;
    acc11 += subgroupBroadcast(block1.y, 3u) * b1;
    acc12 += subgroupBroadcast(block1.x, 4u) * b0;
    acc12 += subgroupBroadcast(block1.y, 4u) * b1;
    acc13 += subgroupBroadcast(block1.x, 5u) * b0;
    acc13 += subgroupBroadcast(block1.y, 5u) * b1;
    acc14 += subgroupBroadcast(block1.x, 6u) * b0;
    acc14 += subgroupBroadcast(block1.y, 6u) * b1;
    acc15 += subgroupBroadcast(block1.x, 7u) * b0;
    acc15 += subgroupBroadcast(block1.y, 7u) * b1;
  }


  if (column >= params.columns) { return; }
  let out = (plane * params.rows + row) * params.columns + column;

  var held = array<vec4<f32>, ROWS>(acc0, acc1, acc2, acc3, acc4, acc5, acc6, acc7, acc8, acc9, acc10, acc11, acc12, acc13, acc14, acc15);
  let heldRows = min(params.unitRows, params.rows - row);
  for (var r = 0u; r < heldRows; r++) {
    storeProduct(out + r * params.columns, column, held[r % ROWS]);
  }
}
