struct Params {
  count: u32,
  classes: u32,
}
@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> targets: array<i32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read> peaks: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(0) @binding(5) var<storage, read_write> dlogits: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;
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
  let row = i / params.classes;
  let column = i - row * params.classes;
  let weight = weights[row];
  var gradient = 0.0;
  if (weight != 0.0) {
    let peak = peaks[row];
    let hot = select(0.0, 1.0, i32(column) == targets[row]);
    gradient = dy[row] * weight * (exp((logits[i] - peak.x) - peak.y) - hot);
  }
  dlogits[i] = gradient;
}
