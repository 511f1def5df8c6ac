struct Params {
  count: u32,
  xOffset: u32,
  yOffset: u32,
  ys0: u32,
  xs0: u32,
  n0: u32,
  ys1: u32,
  xs1: u32,
  n1: u32,
  ys2: u32,
  xs2: u32,
  n2: u32,
  ys3: u32,
  xs3: u32,
  n3: u32,
  ys4: u32,
  xs4: u32,
  n4: u32,
  ys5: u32,
  xs5: u32,
  n5: u32,
}
@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;
const QUADS = false;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  var i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  let i5 = i % params.n5; i /= params.n5;
  let i4 = i % params.n4; i /= params.n4;
  let i3 = i % params.n3; i /= params.n3;
  let i2 = i % params.n2; i /= params.n2;
  let i1 = i % params.n1; i /= params.n1;
  let i0 = i;
  y[params.yOffset + i0 * params.ys0 + i1 * params.ys1 + i2 * params.ys2 + i3 * params.ys3 + i4 * params.ys4 + i5 * params.ys5] =
    x[params.xOffset + i0 * params.xs0 + i1 * params.xs1 + i2 * params.xs2 + i3 * params.xs3 + i4 * params.xs4 + i5 * params.xs5];
}
