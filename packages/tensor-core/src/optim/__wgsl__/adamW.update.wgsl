struct Params {
  maxNorm: f32,
  limited: u32,
  keepFirst: f32,
  takeFirst: f32,
  keepSecond: f32,
  takeSecond: f32,
  rootScale: f32,
  eps: f32,
  quads0: u32,
  groups0: u32,
  at0: u32,
  quads1: u32,
  groups1: u32,
  at1: u32,
  keepParameter0: f32,
  stepSize0: f32,
  keepParameter1: f32,
  stepSize1: f32,
}
@group(0) @binding(0) var<storage, read> gradient0: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> parameter0: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> gradient1: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> parameter1: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> norm: array<f32>;
@group(0) @binding(5) var<storage, read_write> moments: array<vec4<f32>>;
@group(0) @binding(6) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;
const PARAMETERS = 2u;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}


fn clipFactor(length: f32, maxNorm: f32, limited: u32) -> f32 {
  return select(maxNorm / length, 1.0, length <= maxNorm || limited == 0u);
}

// Moves the moments, at the quads first and second, and gives the new value of the parameter.
fn updated(parameter: vec4<f32>, gradient: vec4<f32>, keepParameter: f32, stepSize: f32, first: u32, second: u32) -> vec4<f32> {
  let g = gradient * clipFactor(norm[0], params.maxNorm, params.limited);
  let m = params.keepFirst * moments[first] + params.takeFirst * g;
  let v = params.keepSecond * moments[second] + params.takeSecond * g * g;
  moments[first] = m;
  moments[second] = v;
  return keepParameter * parameter - stepSize * m / (sqrt(v) * params.rootScale + params.eps);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  var group = flatGroup(wid, nwg);
  if (group < params.groups0) {
    let i = group * WG + lane;
    if (i < params.quads0) {
      let first = params.at0 + i;
      parameter0[i] = updated(parameter0[i], gradient0[i], params.keepParameter0, params.stepSize0, first, first + params.quads0);
    }
    return;
  }
  group -= params.groups0;
  if (group < params.groups1) {
    let i = group * WG + lane;
    if (i < params.quads1) {
      let first = params.at1 + i;
      parameter1[i] = updated(parameter1[i], gradient1[i], params.keepParameter1, params.stepSize1, first, first + params.quads1);
    }
    return;
  }
  group -= params.groups1;
}
