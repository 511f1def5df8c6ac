struct Params {
  size: u32,
  groups: u32,
  first: u32,
}
@group(0) @binding(0) var<storage, read> gradient: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> partials: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;


var<workgroup> reduceScratch: array<f32, WG>;

fn workgroupSum(value: f32, lane: u32) -> f32 {
  reduceScratch[lane] = value;
  workgroupBarrier();
  for (var half = WG / 2u; half > 0u; half /= 2u) {
    if (lane < half) { reduceScratch[lane] += reduceScratch[lane + half]; }
    workgroupBarrier();
  }
  let total = reduceScratch[0];
  workgroupBarrier();
  return total;
}

fn workgroupMax(value: f32, lane: u32) -> f32 {
  reduceScratch[lane] = value;
  workgroupBarrier();
  for (var half = WG / 2u; half > 0u; half /= 2u) {
    if (lane < half) { reduceScratch[lane] = max(reduceScratch[lane], reduceScratch[lane + half]); }
    workgroupBarrier();
  }
  let largest = reduceScratch[0];
  workgroupBarrier();
  return largest;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let whole = params.size / 4u;
  var total = vec4<f32>(0.0);
  for (var i = wid.x * WG + lane; i < whole; i += params.groups * WG) {
    let g = gradient[i];
    total += g * g;
  }
  var squares = (total.x + total.y) + (total.z + total.w);
  if (wid.x == 0u && lane < params.size % 4u) { // what is left of the last quad
    let g = gradient[whole][lane];
    squares += g * g;
  }
  squares = workgroupSum(squares, lane);
  if (lane == 0u) { partials[params.first + wid.x] = squares; }
}
