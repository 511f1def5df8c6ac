struct Params {
  count: u32,
  n: u32,
  inner: u32,
  factor: f32,
}
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}

fn combine(a: f32, b: f32) -> f32 { return max(a, b); }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  let start = (i / params.inner) * params.n * params.inner + i % params.inner;
  var part = array<f32, 4>(-3.4028234e38, -3.4028234e38, -3.4028234e38, -3.4028234e38);
  for (var k = 0u; k < params.n; k += 4u) {
    for (var j = 0u; j < 4u; j++) {
      if (k + j < params.n) { part[j] = combine(part[j], x[start + (k + j) * params.inner]); }
    }
  }
  y[i] = combine(combine(part[0], part[1]), combine(part[2], part[3])) * params.factor;
}
