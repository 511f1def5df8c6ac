struct Params {
  first: u32,
  size0: u32,
  groups0: u32,
  size1: u32,
  groups1: u32,
}
@group(0) @binding(0) var<storage, read> gradient0: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> gradient1: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> partials: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;
const GRADIENTS = 2u;

fn squares0(group: u32, lane: u32) -> f32 {
  let whole = params.size0 / 4u;
  var total = vec4<f32>(0.0);
  for (var i = group * WG + lane; i < whole; i += params.groups0 * WG) {
    let g = gradient0[i];
    total += g * g;
  }
  var squares = (total.x + total.y) + (total.z + total.w);
  if (group == 0u && lane < params.size0 % 4u) { // what is left of the last quad
    let g = gradient0[whole][lane];
    squares += g * g;
  }
  return squares;
}

fn squares1(group: u32, lane: u32) -> f32 {
  let whole = params.size1 / 4u;
  var total = vec4<f32>(0.0);
  for (var i = group * WG + lane; i < whole; i += params.groups1 * WG) {
    let g = gradient1[i];
    total += g * g;
  }
  var squares = (total.x + total.y) + (total.z + total.w);
  if (group == 0u && lane < params.size1 % 4u) { // what is left of the last quad
    let g = gradient1[whole][lane];
    squares += g * g;
  }
  return squares;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let at = params.first + wid.x * WG + lane;
  var group = wid.x;
  if (group < params.groups0) {
    partials[at] = squares0(group, lane);
    return;
  }
  group -= params.groups0;
  if (group < params.groups1) {
    partials[at] = squares1(group, lane);
    return;
  }
  group -= params.groups1;
}
