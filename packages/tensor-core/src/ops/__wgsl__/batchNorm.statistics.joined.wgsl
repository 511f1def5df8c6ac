struct Params {
  channels: u32,
  each: u32,
  eps: f32,
  momentum: f32,
}
@group(0) @binding(0) var<storage, read> mean: array<f32>;
@group(0) @binding(1) var<storage, read> spread: array<f32>;
@group(0) @binding(2) var<storage, read_write> rstd: array<f32>;
@group(0) @binding(3) var<storage, read_write> runningMean: array<f32>;
@group(0) @binding(4) var<storage, read_write> runningVar: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;
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
  let channel = flatGroup(wid, nwg) * WG + lane;
  if (channel >= params.channels) { return; }
  let n = f32(params.each);
  let center = mean[channel];
  let total = spread[channel];
  rstd[channel] = 1.0 / sqrt(total / n + params.eps);
  let keep = 1.0 - params.momentum;
  runningMean[channel] = keep * runningMean[channel] + params.momentum * center;
  runningVar[channel] = keep * runningVar[channel] + params.momentum * total / (n - 1.0);
}
