struct Params {
  batches: u32,
  keys: u32,
  hasLengths: u32,
  hasMask: u32,
}
@group(0) @binding(0) var<storage, read> lengths: array<i32>;
@group(0) @binding(1) var<storage, read> keyMask: array<i32>;
@group(0) @binding(2) var<storage, read_write> visible: array<vec4<u32>>;
@group(0) @binding(3) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}

var<workgroup> reduceScratch: array<f32, WG>;

fn workgroupSum(value: f32, lane: u32) -> f32 {
  reduceScratch[lane] = value;
  workgroupBarrier();
  for (var half = WG / 2u; half > 0u; half /= 2u) {
    if (lane < half) { reduceScratch[lane] += reduceScratch[lane + half]; }
    workgroupBarrier();
  }
  let total = reduceScratch[0];
  workgroupBarrier();
  return total;
}

fn workgroupMax(value: f32, lane: u32) -> f32 {
  reduceScratch[lane] = value;
  workgroupBarrier();
  for (var half = WG / 2u; half > 0u; half /= 2u) {
    if (lane < half) { reduceScratch[lane] = max(reduceScratch[lane], reduceScratch[lane + half]); }
    workgroupBarrier();
  }
  let largest = reduceScratch[0];
  workgroupBarrier();
  return largest;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let batch = flatGroup(wid, nwg);
  if (batch >= params.batches) { return; }
  let quads = (params.keys + 3u) / 4u;
  let base = batch * (quads + 1u);
  var length = params.keys;
  if (params.hasLengths != 0u) { length = u32(clamp(lengths[batch], 0, i32(params.keys))); }
  var end = 0u;
  for (var quad = lane; quad < quads; quad += WG) {
    var seen = vec4<u32>(0u);
    for (var part = 0u; part < 4u; part++) {
      let key = quad * 4u + part;
      if (key < length && (params.hasMask == 0u || keyMask[batch * params.keys + key] != 0)) {
        seen[part] = 1u;
        end = key + 1u;
      }
    }
    visible[base + 1u + quad] = seen;
  }
  // Counts below 2^24 are exact in f32.
  let last = workgroupMax(f32(end), lane);
  if (lane == 0u) { visible[base] = vec4<u32>(u32(last), 0u, 0u, 0u); }
}
