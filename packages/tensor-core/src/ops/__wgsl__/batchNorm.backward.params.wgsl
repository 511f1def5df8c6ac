struct Params {
  channels: u32,
  pixels: u32,
  each: u32,
}
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> mean: array<f32>;
@group(0) @binding(2) var<storage, read> rstd: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dweight: array<f32>;
@group(0) @binding(5) var<storage, read_write> dbias: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;
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

fn placeOf(channel: u32, i: u32) -> u32 {
  return ((i / params.pixels) * params.channels + channel) * params.pixels + i % params.pixels;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let channel = flatGroup(wid, nwg);
  if (channel >= params.channels) { return; }

  let center = mean[channel];
  var plain = 0.0;
  var skewed = 0.0;
  for (var i = lane; i < params.each; i += WG) {
    let at = placeOf(channel, i);
    plain += dy[at];
    skewed += dy[at] * (x[at] - center);
  }
  let sumOfGradients = workgroupSum(plain, lane);
  let sumOfSkewed = workgroupSum(skewed, lane);
  if (lane != 0u) { return; }
  dbias[channel] = sumOfGradients;
  dweight[channel] = sumOfSkewed * rstd[channel];
}
