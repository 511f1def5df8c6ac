struct Params {
  count: u32,
  width: u32,
  positions: u32,
  firstRow: u32,
}
@group(0) @binding(0) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> slots: array<u32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read_write> dweight: array<vec4<f32>>;
@group(0) @binding(4) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;
const QUADS = true;
const CHUNKS = 64u;
const ONTO = true;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  let row = i / params.width;
  let column = i - row * params.width;
  let id = params.firstRow + row;
  var first = 0u;
  if (id > 0u) { first = slots[id * CHUNKS - 1u]; }
  let last = min(slots[id * CHUNKS + CHUNKS - 1u], params.positions);
  var total = dweight[i];
  for (var k = first; k < last; k++) { total += dy[order[k] * params.width + column]; }
  dweight[i] = total;
}
