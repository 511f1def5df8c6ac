struct Params {
  count: u32,
  n: u32,
  taken: u32,
  inner: u32,
  first: u32,
  begin: u32,
  window: u32,
}
@group(0) @binding(0) var<storage, read> ids: array<i32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;
const WINDOWS = true;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  let at = i + params.first;
  let place = (at / params.inner) % params.n;
  let start = at / (params.n * params.inner) * params.taken * params.inner + at % params.inner;
  var total = dx[i];
  // From the first in the window on.
  for (var j = (max(start, params.begin) - start + params.inner - 1u) / params.inner; j < params.taken; j++) {
    let source = start + j * params.inner - params.begin;
    if (source >= params.window) { break; }
    if (u32(ids[source]) == place) { total += dy[source]; }
  }
  dx[i] = total;
}
