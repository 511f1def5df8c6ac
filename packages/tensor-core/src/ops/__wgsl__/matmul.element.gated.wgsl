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
  biased: u32,
  added: u32,
  aRowStride: u32,
  aDepthStride: u32,
  bDepthStride: u32,
  bColumnStride: u32,
}
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> gate: array<f32>;
@group(0) @binding(4) var<storage, read> residual: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;
@group(0) @binding(6) var<storage, read_write> input: array<f32>;
@group(0) @binding(7) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;
const TILE = false;
const ROWS = 1u;
const LANES = 1u;
const TRANSPOSE_A = false;
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
const SUMS = false;
const OPTIONAL = true;
const ELEMENT = true;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}


fn activate(x: vec4<f32>) -> vec4<f32> { return x / (1.0 + exp(-x)); }
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let unit = flatGroup(wid, nwg) * WG + lane;
  if (unit >= params.units) { return; }
  let column = unit % params.columns;
  let row = (unit / params.columns) % params.rows;
  let plane = unit / params.columns / params.rows;
  let batch = plane % params.batches;
  let split = plane / params.batches;
  let aStart = batch * params.aBatchStride + row * params.aRowStride;
  let bStart = batch * params.bBatchStride + column * params.bColumnStride;
  let end = min(params.depth, (split + 1u) * params.splitDepth);
  var value = 0.0;
  for (var k = split * params.splitDepth; k < end; k++) {
    value += a[aStart + k * params.aDepthStride] * b[bStart + k * params.bDepthStride];
  }
  value *= params.scale;
  if (params.biased != 0u) { value += bias[column]; }
  input[unit] = value;
  value = activate(vec4<f32>(value)).x;
  value *= gate[unit];
  if (params.added != 0u) { value += residual[unit]; }
  y[unit] = value;
}
