struct Params {
  quads: u32,
  maxNorm: f32,
  keepFirst: f32,
  takeFirst: f32,
  keepSecond: f32,
  takeSecond: f32,
  keepParameter: f32,
  stepSize: f32,
  rootScale: f32,
  eps: f32,
}
@group(0) @binding(0) var<storage, read> gradient: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> norm: array<f32>;
@group(0) @binding(2) var<storage, read_write> parameter: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> first: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> second: array<vec4<f32>>;
@group(0) @binding(5) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.quads) { return; }
  let length = norm[0];
  let g = gradient[i] * select(1.0, params.maxNorm / length, length > params.maxNorm);
  let m = params.keepFirst * first[i] + params.takeFirst * g;
  let v = params.keepSecond * second[i] + params.takeSecond * g * g;
  first[i] = m;
  second[i] = v;
  parameter[i] = params.keepParameter * parameter[i] - params.stepSize * m / (sqrt(v) * params.rootScale + params.eps);
}
