struct Params {
  tokens: u32,
  capacity: u32,
  quads: u32,
  position: u32,
  counted: u32,
  units: u32,
}
@group(0) @binding(0) var<storage, read> k: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read> v: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> positions: array<i32>;
@group(0) @binding(3) var<storage, read_write> keys: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read_write> values: array<vec2<u32>>;
@group(0) @binding(5) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let unit = flatGroup(wid, nwg) * WG + lane;
  if (unit >= params.units) { return; }
  let token = (unit / params.quads) % params.tokens;
  let batch = unit / params.quads / params.tokens;
  var position = i32(params.position);
  if (params.counted != 0u) { position = positions[select(0u, batch, params.counted == 2u)]; }
  let row = position + i32(token);
  if (row < 0 || row >= i32(params.capacity)) { return; }
  let at = (batch * params.capacity + u32(row)) * params.quads + unit % params.quads;
  keys[at] = k[unit];
  values[at] = v[unit];
}
