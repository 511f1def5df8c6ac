struct Params {
  count: u32,
  height: u32,
  width: u32,
  rows: u32,
  columns: u32,
  kernelHeight: u32,
  kernelWidth: u32,
  strideY: u32,
  strideX: u32,
  paddingY: u32,
  paddingX: u32,
  dilationY: u32,
  dilationX: u32,
}
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;
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
  let windows = params.rows * params.columns;
  let window = i % windows;
  let tap = (i / windows) % (params.kernelHeight * params.kernelWidth);
  let plane = i / windows / (params.kernelHeight * params.kernelWidth);
  // Places before the image wrap to large numbers.
  let v = window / params.columns * params.strideY + tap / params.kernelWidth * params.dilationY - params.paddingY;
  let u = window % params.columns * params.strideX + tap % params.kernelWidth * params.dilationX - params.paddingX;
  var value = 0.0;
  if (v < params.height && u < params.width) { value = x[(plane * params.height + v) * params.width + u]; }
  y[i] = value;
}
