struct Params {
  tokens: u32,
  heads: u32,
  quads: u32,
  units: u32,
}
@group(0) @binding(0) var<storage, read> y: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> lse: array<f32>;
@group(0) @binding(3) var<storage, read_write> stats: array<vec2<f32>>;
@group(0) @binding(4) var<uniform> params: Params;
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
  let unit = flatGroup(wid, nwg) * WG + lane;
  if (unit >= params.units) { return; }
  let head = (unit / params.tokens) % params.heads;
  let batch = unit / params.tokens / params.heads;
  let at = ((batch * params.tokens + unit % params.tokens) * params.heads + head) * params.quads;
  var product = vec4<f32>(0.0);
  for (var d = 0u; d < params.quads; d++) { product += y[at + d] * dy[at + d]; }
  stats[unit] = vec2<f32>(lse[unit], (product.x + product.y) + (product.z + product.w));
}
