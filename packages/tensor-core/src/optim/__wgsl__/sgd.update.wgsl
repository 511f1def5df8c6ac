struct Params {
  learningRate: f32,
  quads0: u32,
  groups0: u32,
  quads1: u32,
  groups1: u32,
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

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  var group = flatGroup(wid, nwg);
  if (group < params.groups0) {
    let i = group * WG + lane;
    if (i < params.quads0) { parameter0[i] -= params.learningRate * gradient0[i]; }
    return;
  }
  group -= params.groups0;
  if (group < params.groups1) {
    let i = group * WG + lane;
    if (i < params.quads1) { parameter1[i] -= params.learningRate * gradient1[i]; }
    return;
  }
  group -= params.groups1;
}
