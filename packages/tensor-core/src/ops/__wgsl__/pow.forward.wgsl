struct Params {
  quads: u32,
  s: f32,
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

fn signedPower(x: vec4<f32>, s: f32) -> vec4<f32> {
  if (s == 0.0) { return vec4<f32>(1.0); }
  // Adapters disagree on the powers of 0, and on those to NaN.
  let raised = select(pow(abs(x), vec4<f32>(abs(s))), vec4<f32>(0.0), x == vec4<f32>(0.0));
  let size = select(raised, 1.0 / raised, s < 0.0);
  // Not a constant: WGSL refuses a constant NaN. A half of an odd number is no whole number; of a number that is not whole, twice its half is neither.
  let odd = fract(abs(s) * 0.5) == 0.5;
  let whole = fract(s) == 0.0;
  let negative = select(vec4<f32>(bitcast<f32>(params.quads | 0x7fc00000u)), select(size, -size, odd), whole);
  return select(x * s, select(size, negative, x < vec4<f32>(0.0)), (x == x) & vec4<bool>(s == s));
}

fn apply0(x: vec4<f32>, s: f32) -> vec4<f32> { return signedPower(x, s); }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.quads) { return; }
  y[i] = apply0(x[i], params.s);
}
