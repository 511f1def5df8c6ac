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
@group(0) @binding(0) var<storage, read> q: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read> k: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> v: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read> lengths: array<i32>;
@group(0) @binding(4) var<storage, read_write> parts: array<vec4<f32>>;
@group(0) @binding(5) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
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

var<workgroup> tops: array<vec2<f32>, WG>;
var<workgroup> weights: array<f32, WG>;
var<workgroup> sums: array<vec4<f32>, WG>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let unit = flatGroup(wid, nwg);
  if (unit >= params.units) { return; }
  let split = unit % params.splits;
  let row = unit / params.splits;
  let head = row % params.heads;
  let query = (row / params.heads) % params.tokens;
  let batch = row / params.heads / params.tokens;
  let first = split * WG;
  let seen = keysSeen(batch, query);
  if (first >= seen) { return; }
  let stride = params.heads / params.group * params.quads;
  let base = (batch * params.capacity + first) * stride + head / params.group * params.quads;
  let used = min(WG, seen - first);

  let keyAt = base + min(lane, used - 1u) * stride;
  var four = vec4<f32>(0.0);
  for (var d = 0u; d < params.quads; d++) { four += unpackHalves(q[row * params.quads + d]) * unpackHalves(k[keyAt + d]); }
  // Scores are kept in units of log 2, for exp2.
  let score = ((four.x + four.y) + (four.z + four.w)) * params.scale * 1.4426950408889634;
  tops[lane] = select(vec2<f32>(-3.4028234e38, 0.0), vec2<f32>(score, 1.0), lane < used);
  workgroupBarrier();
  for (var half = WG / 2u; half >= params.least; half /= 2u) {
    if (lane < half) {
      let a = tops[lane];
      let b = tops[lane + half];
      let peak = max(a.x, b.x);
      tops[lane] = vec2<f32>(peak, a.y * exp2(a.x - peak) + b.y * exp2(b.x - peak));
    }
    workgroupBarrier();
  }
  let top = tops[0];
  weights[lane] = select(0.0, exp2(score - top.x), lane < used);
  workgroupBarrier();

  // A row of width invocations own the quads of D; WG / width of them share a quad.
  let own = min(lane % params.width, params.quads - 1u);
  var sum = vec4<f32>(0.0);
  for (var key = lane / params.width; key < used; key += WG / params.width) {
    sum += weights[key] * unpackHalves(v[base + key * stride + own]);
  }
  sums[lane] = sum;
  workgroupBarrier();
  for (var half = WG / 2u; half >= params.width; half /= 2u) {
    if (lane < half) { sums[lane] += sums[lane + half]; }
    workgroupBarrier();
  }
  let at = unit * (params.quads + 1u);
  if (lane == 0u) { parts[at] = vec4<f32>(top, 0.0, 0.0); }
  if (lane < params.quads) { parts[at + 1u + lane] = sums[lane]; }
}
