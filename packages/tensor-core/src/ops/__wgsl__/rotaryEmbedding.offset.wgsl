struct Params {
  count: u32,
  half: u32,
  heads: u32,
  tokens: u32,
  each: u32,
  last: u32,
  turn: f32,
}
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> table: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> offsets: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(4) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;
const QUADS = true;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let unit = flatGroup(wid, nwg) * WG + lane;
  if (unit >= params.count) { return; }
  let head = unit / params.half;
  let i = unit % params.half;
  let position = (head / params.heads) % params.tokens + u32(clamp(offsets[head / params.heads / params.tokens * params.each], 0, i32(params.last)));
  let cosine = table[position * 2u * params.half + i];
  let sine = table[(position * 2u + 1u) * params.half + i] * params.turn;
  let at = head * 2u * params.half + i;
  let x1 = x[at];
  let x2 = x[at + params.half];
  y[at] = x1 * cosine - x2 * sine;
  y[at + params.half] = x2 * cosine + x1 * sine;
}
