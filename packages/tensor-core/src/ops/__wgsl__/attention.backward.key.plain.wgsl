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
@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> k: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> stats: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read_write> dk: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> dv: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read> visible: array<vec4<u32>>;
@group(0) @binding(8) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;
const QUADS = 32u;
const ROLLED = true;


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
  for (var d = 0u; d < params.quads; d++) {
    key[d] = k[row + d] * params.scale;
    value[d] = v[row + d];
  }
  let groups = select(0u, params.group, j < endOfKeys(batch) && isVisible(batch, j / 4u)[j % 4u]);
  for (var g = 0u; g < groups; g++) {
    let head = keyHead * params.group + g;
    for (var i = firstQueryOf(j); i < params.tokens; i++) {
      let query = ((batch * params.tokens + i) * params.heads + head) * params.quads;
      let stat = stats[(batch * params.heads + head) * params.tokens + i];
      var score = vec4<f32>(0.0);
      var slope = vec4<f32>(0.0);
      for (var d = 0u; d < params.quads; d++) {
        score += key[d] * q[query + d];
        slope += value[d] * dy[query + d];
      }
      let p = exp((score.x + score.y) + (score.z + score.w) - stat.x);
      let ds = p * ((slope.x + slope.y) + (slope.z + slope.w) - stat.y);
      for (var d = 0u; d < params.quads; d++) {
        keySums[d] += ds * q[query + d];
        valueSums[d] += p * dy[query + d];
      }
    }
  }
  for (var d = 0u; d < params.quads; d++) {
    dk[row + d] = keySums[d] * params.scale;
    dv[row + d] = valueSums[d];
  }
}
