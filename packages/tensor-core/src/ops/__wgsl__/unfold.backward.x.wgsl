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
@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;
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
  let u = i % params.width;
  let v = i / params.width % params.height;
  let plane = i / params.width / params.height;
  let windows = params.rows * params.columns;
  var total = 0.0;
  for (var ky = 0u; ky < params.kernelHeight; ky++) {
    let top = v + params.paddingY - ky * params.dilationY;
    let row = top / params.strideY;
    if (top % params.strideY != 0u || row >= params.rows) { continue; }
    for (var kx = 0u; kx < params.kernelWidth; kx++) {
      let left = u + params.paddingX - kx * params.dilationX;
      let column = left / params.strideX;
      if (left % params.strideX != 0u || column >= params.columns) { continue; }
      let tap = (plane * params.kernelHeight + ky) * params.kernelWidth + kx;
      total += dy[tap * windows + row * params.columns + column];
    }
  }
  dx[i] = total;
}
