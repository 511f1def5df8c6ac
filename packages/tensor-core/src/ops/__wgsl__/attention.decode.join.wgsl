struct Params {
  tokens: u32,
  capacity: u32,
  heads: u32,
  group: u32,
  quads: u32,
  splits: u32,
  length: u32,
  counted: u32,
  scale: f32,
  width: u32,
  least: u32,
  units: u32,
}
@group(0) @binding(0) var<storage, read> parts: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> lengths: array<i32>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> params: Params;
const WG = 32u;
const WG_X = 32u;
const WG_Y = 1u;
const WG_Z = 1u;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}


fn keysSeen(batch: u32, query: u32) -> u32 {
  var length = i32(params.length);
  if (params.counted != 0u) { length = lengths[select(0u, batch, params.counted == 2u)]; }
  return u32(clamp(length + i32(query + 1u) - i32(params.tokens), 0, i32(params.capacity)));
}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let row = flatGroup(wid, nwg);
  if (row >= params.units || lane >= params.quads) { return; }
  let query = (row / params.heads) % params.tokens;
  let used = (keysSeen(row / params.heads / params.tokens, query) + 63u) / 64u;
  let stride = params.quads + 1u;
  var top = -3.4028234e38;
  var total = 0.0;
  var sum = vec4<f32>(0.0);
  for (var split = 0u; split < used; split++) {
    let at = (row * params.splits + split) * stride;
    let part = parts[at];
    let peak = max(top, part.x);
    let keep = exp2(top - peak);
    let scale = exp2(part.x - peak);
    total = total * keep + part.y * scale;
    sum = sum * keep + parts[at + 1u + lane] * scale;
    top = peak;
  }
  y[row * params.quads + lane] = sum / select(1.0, total, total > 0.0);
}
