struct Params {
  quads: u32,
}
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(2) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}

fn apply0(x: vec4<f32>) -> vec4<f32> { return 0.5 * x * (1.0 + tanh(clamp(0.7978845608 * (x + 0.044715 * x * x * x), vec4<f32>(-10.0), vec4<f32>(10.0)))); }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.quads) { return; }
  y[i] = apply0(x[i]);
}
