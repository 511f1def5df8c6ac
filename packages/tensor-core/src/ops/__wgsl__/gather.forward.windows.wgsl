struct Params {
  count: u32,
  n: u32,
  taken: u32,
  inner: u32,
  first: u32,
  begin: u32,
  window: u32,
}
@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> ids: array<i32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;
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
  let outer = at / (params.taken * params.inner);
  let id = u32(ids[i]);
  let source = (outer * params.n + id) * params.inner + at % params.inner - params.begin;
  if (id >= params.n) {
    y[i] = 0u;
  } else if (source < params.window) {
    y[i] = x[source];
  }
}
