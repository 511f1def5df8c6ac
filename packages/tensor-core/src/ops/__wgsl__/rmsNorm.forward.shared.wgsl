enable subgroups;
struct Params {
  rows: u32,
  items: u32,
  dim: f32,
  eps: f32,
}
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> weight: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> rstd: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;
const WG = 8u;
const WG_X = 8u;
const WG_Y = 1u;
const WG_Z = 1u;
const QUADS = true;
const LANES = 8u;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}


alias Item = vec4<f32>;
fn total(v: Item) -> f32 { return (v.x + v.y) + (v.z + v.w); }
fn largest(v: Item) -> f32 { return max(max(v.x, v.y), max(v.z, v.w)); }

fn rowSum(value: f32, lane: u32) -> f32 { return subgroupAdd(value); }
fn rowMax(value: f32, lane: u32) -> f32 { return subgroupMax(value); }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let row = flatGroup(wid, nwg);
  if (row >= params.rows) { return; }
  let start = row * params.items;
  var squares = Item(0.0);
  for (var i = lane; i < params.items; i += WG) { squares += x[start + i] * x[start + i]; }
  let r = 1.0 / sqrt(rowSum(total(squares), lane) / params.dim + params.eps);
  for (var i = lane; i < params.items; i += WG) { y[start + i] = x[start + i] * r * weight[i]; }
  if (lane == 0u) { rstd[row] = r; }
}
