struct Params {
  quads: u32,
  bQuads: u32,
}
@group(0) @binding(0) var<storage, read> a: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read> b: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> dy: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read_write> d: array<vec2<u32>>;
@group(0) @binding(4) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}

fn packHalves(v: vec4<f32>) -> vec2<u32> {
  let word = bitcast<vec4<u32>>(v);
  let sign = (word >> vec4<u32>(16u)) & vec4<u32>(0x8000u);
  let size = word & vec4<u32>(0x7fffffffu);
  let odd = (size >> vec4<u32>(13u)) & vec4<u32>(1u);
  var half = (size - 0x38000000u + 0xfffu + odd) >> vec4<u32>(13u);
  // Adding 0.5, whose last place is 2^-24, rounds a value below 2^-14 to a multiple of 2^-24.
  let tiny = bitcast<vec4<u32>>(bitcast<vec4<f32>>(min(size, vec4<u32>(0x38800000u))) + 0.5) - 0x3f000000u;
  half = select(half, tiny, size < vec4<u32>(0x38800000u));
  half = select(half, vec4<u32>(0x7c00u), size >= vec4<u32>(0x477ff000u));
  half = select(half, vec4<u32>(0x7e00u), size > vec4<u32>(0x7f800000u)) | sign;
  return half.xz | (half.yw << vec2<u32>(16u));
}
fn unpackHalves(h: vec2<u32>) -> vec4<f32> {
  return vec4<f32>(unpack2x16float(h.x), unpack2x16float(h.y));
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

fn logarithm(a: vec4<f32>) -> vec4<f32> { return select(notANumber(), log(abs(a)), a >= vec4<f32>(0.0)); }

fn slope(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> { return select(power(a, b) * logarithm(a), vec4<f32>(0.0), (a == vec4<f32>(0.0)) & (b >= vec4<f32>(0.0))); }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.quads) { return; }

  d[i] = packHalves(unpackHalves(dy[i]) * slope(unpackHalves(a[i]), unpackHalves(b[i % params.bQuads])));
}
