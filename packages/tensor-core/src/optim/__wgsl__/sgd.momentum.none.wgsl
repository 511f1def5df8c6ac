struct Params {
  quads0: u32,
  groups0: u32,
  rate0: f32,
  decay0: f32,
  quads1: u32,
  groups1: u32,
  rate1: f32,
  decay1: f32,
}
@group(0) @binding(0) var<storage, read> gradient0: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> parameter0: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> gradient1: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> parameter1: array<vec4<f32>>;
@group(0) @binding(4) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;
const PARAMETERS = 2u;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}

// Gives the new value of the parameter.
fn updated(parameter: vec4<f32>, gradient: vec4<f32>, rate: f32, decay: f32) -> vec4<f32> {
  let g = gradient + decay * parameter;
  return parameter - rate * g;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  var group = flatGroup(wid, nwg);
  if (group < params.groups0) {
    let i = group * WG + lane;
    if (i < params.quads0) {
      parameter0[i] = updated(parameter0[i], gradient0[i], params.rate0, params.decay0);
    }
    return;
  }
  group -= params.groups0;
  if (group < params.groups1) {
    let i = group * WG + lane;
    if (i < params.quads1) {
      parameter1[i] = updated(parameter1[i], gradient1[i], params.rate1, params.decay1);
    }
    return;
  }
  group -= params.groups1;
}
