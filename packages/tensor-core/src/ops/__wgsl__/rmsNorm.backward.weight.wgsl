struct Params {
  rows: u32,
  items: u32,
  blockRows: u32,
  count: u32,
}
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> rstd: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dweights: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;
const QUADS = false;
const LANES = 1u;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}

alias Item = f32;
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let unit = flatGroup(wid, nwg) * WG + lane;
  if (unit >= params.count) { return; }
  let first = (unit / params.items) * params.blockRows;
  let column = unit % params.items;
  let end = min(first + params.blockRows, params.rows);
  var weights = Item(0.0);
  for (var row = first; row < end; row++) {
    let at = row * params.items + column;
    weights += dy[at] * (x[at] * rstd[row]);
  }
  dweights[unit] = weights;
}
