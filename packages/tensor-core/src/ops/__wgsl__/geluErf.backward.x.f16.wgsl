struct Params {
  quads: u32,
}
@group(0) @binding(0) var<storage, read> x: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read> dy: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec2<u32>>;
@group(0) @binding(3) var<uniform> params: Params;
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

// Abramowitz and Stegun, 7.1.26: off by at most 1.5e-7; near 0 by the first terms of the series.
fn errorFunction(x: vec4<f32>) -> vec4<f32> {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  let far = sign(x) * (1.0 - p * exp(-x * x));
  let near = 1.1283791671 * x * (1.0 - x * x / 3.0 + x * x * x * x / 10.0);
  return select(far, near, abs(x) < vec4<f32>(0.05));
}

fn apply0(x: vec4<f32>, dy: vec4<f32>) -> vec4<f32> { return dy * (0.5 * (1.0 + errorFunction(x * 0.7071067812)) + 0.3989422804 * x * exp(-0.5 * x * x)); }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.quads) { return; }
  dx[i] = packHalves(apply0(unpackHalves(x[i]), unpackHalves(dy[i])));
}
