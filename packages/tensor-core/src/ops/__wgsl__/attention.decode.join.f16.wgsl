struct Params {
  tokens: u32,
  capacity: u32,
  heads: u32,
  group: u32,
  quads: u32,
  splits: u32,
  length: u32,
  counted: u32,
  scale: f32,
  width: u32,
  least: u32,
  units: u32,
}
@group(0) @binding(0) var<storage, read> parts: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> lengths: array<i32>;
@group(0) @binding(2) var<storage, read_write> y: array<vec2<u32>>;
@group(0) @binding(3) var<uniform> params: Params;
const WG = 32u;
const WG_X = 32u;
const WG_Y = 1u;
const WG_Z = 1u;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}


fn keysSeen(batch: u32, query: u32) -> u32 {
  var length = i32(params.length);
  if (params.counted != 0u) { length = lengths[select(0u, batch, params.counted == 2u)]; }
  return u32(clamp(length + i32(query + 1u) - i32(params.tokens), 0, i32(params.capacity)));
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

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let row = flatGroup(wid, nwg);
  if (row >= params.units || lane >= params.quads) { return; }
  let query = (row / params.heads) % params.tokens;
  let used = (keysSeen(row / params.heads / params.tokens, query) + 63u) / 64u;
  let stride = params.quads + 1u;
  var top = -3.4028234e38;
  var total = 0.0;
  var sum = vec4<f32>(0.0);
  for (var split = 0u; split < used; split++) {
    let at = (row * params.splits + split) * stride;
    let part = parts[at];
    let peak = max(top, part.x);
    let keep = exp2(top - peak);
    let scale = exp2(part.x - peak);
    total = total * keep + part.y * scale;
    sum = sum * keep + parts[at + 1u + lane] * scale;
    top = peak;
  }
  y[row * params.quads + lane] = packHalves(sum / select(1.0, total, total > 0.0));
}
