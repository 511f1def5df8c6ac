struct Params {
  quads: u32,
  nothing: u32,
  s0: f32,
  x1Quads: u32,
}
@group(0) @binding(0) var<storage, read> x0: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> x1: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}

fn asStored(v: vec4<f32>) -> vec4<f32> {
  return bitcast<vec4<f32>>(bitcast<vec4<u32>>(v) ^ vec4<u32>(params.nothing));
}

fn apply0(x: vec4<f32>, s: f32) -> vec4<f32> { return x * s; }
fn apply1(x: vec4<f32>) -> vec4<f32> { return 0.5 * x * (1.0 + tanh(clamp(0.7978845608 * (x + 0.044715 * x * x * x), vec4<f32>(-10.0), vec4<f32>(10.0)))); }
fn apply2(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> { return a + b; }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.quads) { return; }
  let v0 = asStored(apply0(x0[i], params.s0));
  let v1 = asStored(apply1(v0));
  y[i] = apply2(v1, x1[i % params.x1Quads]);
}
