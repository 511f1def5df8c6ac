struct Params {
  count: u32,
  row: u32,
  width: u32,
  start: u32,
  end0: u32,
  end1: u32,
  end2: u32,
}
@group(0) @binding(0) var<storage, read> part0: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> part1: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> part2: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> whole: array<vec4<u32>>;
@group(0) @binding(4) var<uniform> params: Params;
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
  let row = i / params.width;
  let place = i - row * params.width;
  let at = row * params.row + params.start + place;
  if (place < params.end0) { whole[at] = part0[row * params.end0 + place]; return; }
  if (place < params.end1) { whole[at] = part1[row * (params.end1 - params.end0) + place - params.end0]; return; }
  whole[at] = part2[row * (params.end2 - params.end1) + place - params.end1];
}
