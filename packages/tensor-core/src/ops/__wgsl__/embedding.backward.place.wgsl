struct Params {
  count: u32,
  chunkSize: u32,
  vocabulary: u32,
}
@group(0) @binding(0) var<storage, read> ids: array<i32>;
@group(0) @binding(1) var<storage, read_write> slots: array<u32>;
@group(0) @binding(2) var<storage, read_write> order: array<u32>;
@group(0) @binding(3) var<uniform> params: Params;
const WG = 16u;
const WG_X = 16u;
const WG_Y = 1u;
const WG_Z = 1u;
const CHUNKS = 64u;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lane: u32) {

  let chunk = wid.x * WG + lane;
  let first = chunk * params.chunkSize;
  let last = min(first + params.chunkSize, params.count);

  for (var n = first; n < last; n++) {
    let id = u32(ids[n]);
    if (id < params.vocabulary) {
      let at = slots[id * CHUNKS + chunk];
      order[at] = n;
      slots[id * CHUNKS + chunk] = at + 1u;
    }
  }
}
