struct Params {
  quads: u32,
}
@group(0) @binding(0) var<storage, read> partials: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> norm: array<f32>;
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
fn main(@builtin(local_invocation_index) lane: u32) {
  var total = vec4<f32>(0.0);
  for (var i = lane; i < params.quads; i += WG) { total += partials[i]; }
  let all = workgroupSum((total.x + total.y) + (total.z + total.w), lane);
  if (lane == 0u) { norm[0] = sqrt(all); }
}
