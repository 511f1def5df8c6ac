struct Params {
  count: u32,
  width: u32,
  vocabulary: u32,
  first: u32,
  rows: u32,
}
@group(0) @binding(0) var<storage, read> weight: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> ids: array<i32>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<u32>>;
@group(0) @binding(3) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;
const UNIT_BYTES = 16u;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  let n = i / params.width;
  let id = u32(ids[n]); // a negative id is past the end
  let row = id - params.first; // past the end where the id is before the first
  if (row < params.rows) {
    y[i] = weight[row * params.width + i - n * params.width];
  } else if (params.first == 0u && id >= params.vocabulary) {
    y[i] = vec4<u32>();
  }
}
