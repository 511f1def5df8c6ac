struct Params {
  count: u32,
}
@group(0) @binding(0) var<storage, read> g: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> scale: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> overflow: array<atomic<u32>>;
@group(0) @binding(4) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}

const exponent = vec4<u32>(0x7f800000u);

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (4u * i >= params.count) { return; }
  let word = g[i];
  let unscaled = bitcast<vec4<f32>>(word) / scale[0];
  // Elements past the end are whatever was there.
  let inside = vec4<u32>(4u * i) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(params.count);
  let bad = ((word & exponent) == exponent) | ((bitcast<vec4<u32>>(unscaled) & exponent) == exponent);
  if (any(inside & bad)) { atomicStore(&overflow[0], 1u); }
  y[i] = unscaled;
}
