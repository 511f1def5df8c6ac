enable subgroups;
struct Params {
  rows: u32,
  items: u32,
  adds: u32,
  dim: f32,
}
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> weight: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> mean: array<f32>;
@group(0) @binding(3) var<storage, read> rstd: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> known: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> dx: array<vec4<f32>>;
@group(0) @binding(7) var<uniform> params: Params;
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
  let center = mean[row];
  let r = rstd[row];
  var plain = Item(0.0);
  var skewed = Item(0.0);
  for (var i = lane; i < params.items; i += WG) {
    let g = dy[start + i] * weight[i];
    plain += g;
    skewed += g * (x[start + i] - center);
  }
  let averageG = rowSum(total(plain), lane) / params.dim;
  let averageGH = rowSum(total(skewed), lane) * r / params.dim;
  for (var i = lane; i < params.items; i += WG) {
    let h = (x[start + i] - center) * r;
    let own = r * (dy[start + i] * weight[i] - averageG - h * averageGH);
    if (params.adds == 1u) { dx[start + i] = known[start + i] + own; } else { dx[start + i] = own; }
  }
}
