struct Params {
  tokens: u32,
  keys: u32,
  heads: u32,
  keyHeads: u32,
  group: u32,
  prefix: u32,
  scale: f32,
  quads: u32,
  units: u32,
  masked: u32,
}
@group(0) @binding(0) var<storage, read> q: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read> k: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> v: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read> dy: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read> stats: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read_write> dk: array<vec2<u32>>;
@group(0) @binding(6) var<storage, read_write> dv: array<vec2<u32>>;
@group(0) @binding(7) var<storage, read> visible: array<vec4<u32>>;
@group(0) @binding(8) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;
const QUADS = 16u;
const ROLLED = false;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}


fn keysOf(query: u32) -> u32 {
  let past = max(i32(params.keys + query + 1u) - i32(params.tokens), 0);
  return max(params.prefix, min(u32(past), params.keys));
}

fn firstQueryOf(key: u32) -> u32 {
  if (key < params.prefix) { return 0u; }
  return u32(max(i32(key + params.tokens) - i32(params.keys), 0));
}

fn endOfKeys(batch: u32) -> u32 {
  if (params.masked == 0u) { return params.keys; }
  return visible[batch * ((params.keys + 3u) / 4u + 1u)].x;
}

fn isVisible(batch: u32, quad: u32) -> vec4<bool> {
  let quads = (params.keys + 3u) / 4u;
  let seen = visible[select(0u, batch * (quads + 1u) + 1u + min(quad, quads - 1u), params.masked != 0u)];
  return (seen != vec4<u32>(0u)) | vec4<bool>(params.masked == 0u);
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
  let unit = flatGroup(wid, nwg) * WG + lane;
  if (unit >= params.units) { return; }
  let j = unit % params.keys;
  let keyHead = (unit / params.keys) % params.keyHeads;
  let batch = unit / params.keys / params.keyHeads;
  let row = ((batch * params.keys + j) * params.keyHeads + keyHead) * params.quads;
  var key = array<vec4<f32>, QUADS>();
  var value = array<vec4<f32>, QUADS>();
  var keySums = array<vec4<f32>, QUADS>();
  var valueSums = array<vec4<f32>, QUADS>();
  for (var d = 0u; d < QUADS; d++) {
    key[d] = unpackHalves(k[row + d]) * params.scale;
    value[d] = unpackHalves(v[row + d]);
  }
  let groups = select(0u, params.group, j < endOfKeys(batch) && isVisible(batch, j / 4u)[j % 4u]);
  for (var g = 0u; g < groups; g++) {
    let head = keyHead * params.group + g;
    for (var i = firstQueryOf(j); i < params.tokens; i++) {
      let query = ((batch * params.tokens + i) * params.heads + head) * params.quads;
      let stat = stats[(batch * params.heads + head) * params.tokens + i];
      var score = vec4<f32>(0.0);
      var slope = vec4<f32>(0.0);
      for (var d = 0u; d < QUADS; d++) {
        score += key[d] * unpackHalves(q[query + d]);
        slope += value[d] * unpackHalves(dy[query + d]);
      }
      let p = exp((score.x + score.y) + (score.z + score.w) - stat.x);
      let ds = p * ((slope.x + slope.y) + (slope.z + slope.w) - stat.y);
      for (var d = 0u; d < QUADS; d++) {
        keySums[d] += ds * unpackHalves(q[query + d]);
        valueSums[d] += p * unpackHalves(dy[query + d]);
      }
    }
  }
  for (var d = 0u; d < QUADS; d++) {
    dk[row + d] = packHalves(keySums[d] * params.scale);
    dv[row + d] = packHalves(valueSums[d]);
  }
}
