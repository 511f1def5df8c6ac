struct Params {
  count: u32,
  offset: u32,
  step0: u32,
  n0: u32,
  step1: u32,
  n1: u32,
  step2: u32,
  n2: u32,
  first: u32,
  begin: u32,
  window: u32,
}
@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;
const UNIT_BYTES = 4u;
const WINDOWS = true;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  var rest = i + params.first;
  let i2 = rest % params.n2; rest /= params.n2;
  let i1 = rest % params.n1; rest /= params.n1;
  let i0 = rest;
  // Before the window the place wraps to a large number.
  let place = params.offset + i0 * params.step0 + i1 * params.step1 + i2 * params.step2 - params.begin;
  if (place < params.window) { y[i] = x[place]; }
}
