struct Params {
  quads: u32,
  bQuads: u32,
}
@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> d: array<vec4<f32>>;
@group(0) @binding(4) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}

// Not a constant: WGSL refuses a constant NaN.
fn notANumber() -> vec4<f32> { return vec4<f32>(bitcast<f32>(params.quads | 0x7fc00000u)); }
fn power(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> {
  // Adapters disagree on the powers of 0.
  let raised = select(pow(abs(a), abs(b)), vec4<f32>(0.0), a == vec4<f32>(0.0));
  let size = select(raised, 1.0 / raised, b < vec4<f32>(0.0));
  let odd = fract(abs(b) * 0.5) == vec4<f32>(0.5);
  let whole = fract(b) == vec4<f32>(0.0);
  let negative = select(notANumber(), select(size, -size, odd), whole);
  let known = select(notANumber(), select(size, negative, a < vec4<f32>(0.0)), (a == a) & (b == b));
  return select(known, vec4<f32>(1.0), b == vec4<f32>(0.0));
}

fn slope(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> { return select(b * power(a, b - 1.0), vec4<f32>(0.0), b == vec4<f32>(0.0)); }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.quads) { return; }

  d[i] = dy[i] * slope(a[i], b[i % params.bQuads]);
}
