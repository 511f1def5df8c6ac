enable subgroups;
struct Params {
  rows: u32,
  items: u32,
}
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(2) var<uniform> params: Params;
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

fn exponential(x: Item) -> Item { return select(x, exp(x), x == x); }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let row = flatGroup(wid, nwg);
  if (row >= params.rows) { return; }
  let start = row * params.items;
  var top = Item(-3.4028234e38);
  for (var i = lane; i < params.items; i += WG) { top = max(top, x[start + i]); }
  let peak = rowMax(largest(top), lane);
  var part = Item(0.0);
  for (var i = lane; i < params.items; i += WG) {
    let e = exponential(x[start + i] - peak);
    y[start + i] = e;
    part += e;
  }
  let factor = 1.0 / rowSum(total(part), lane);
  for (var i = lane; i < params.items; i += WG) { y[start + i] *= factor; }
}
