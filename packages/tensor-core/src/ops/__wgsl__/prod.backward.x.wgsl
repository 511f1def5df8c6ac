struct Params {
  count: u32,
  n: u32,
  inner: u32,
}
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;
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
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  let start = (i / params.inner) * params.n * params.inner + i % params.inner;
  var before = dy[i];
  for (var step = 0u; step < params.n; step++) {
    let at = start + step * params.inner;
    dx[at] = before;
    before *= x[at];
  }
  var after = 1.0;
  for (var step = params.n; step != 0u; step--) {
    let at = start + (step - 1u) * params.inner;
    dx[at] *= after;
    after *= x[at];
  }
}
