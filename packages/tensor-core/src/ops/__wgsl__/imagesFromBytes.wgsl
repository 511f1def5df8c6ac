struct Params {
  count: u32,
  width: u32,
  pixels: u32,
  meanRed: f32,
  meanGreen: f32,
  meanBlue: f32,
  deviationRed: f32,
  deviationGreen: f32,
  deviationBlue: f32,
}
@group(0) @binding(0) var<storage, read> bytes: array<u32>;
@group(0) @binding(1) var<storage, read> samples: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}

fn byteAt(i: u32) -> f32 { return f32((bytes[i / 4u] >> (8u * (i % 4u))) & 0xffu); }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  let sample = i / params.pixels;
  let pixel = i % params.pixels;
  let row = 13u * sample;
  let u = pixel % params.width;
  let mirrored = samples[row + 12u] != 0.0;
  let origin = 3u * (sample * params.pixels + pixel - u + select(u, params.width - 1u - u, mirrored));
  let rgb = vec4<f32>(byteAt(origin) / 255.0, byteAt(origin + 1u) / 255.0, byteAt(origin + 2u) / 255.0, 1.0);
  let means = vec3<f32>(params.meanRed, params.meanGreen, params.meanBlue);
  let deviations = vec3<f32>(params.deviationRed, params.deviationGreen, params.deviationBlue);
  for (var c = 0u; c < 3u; c++) {
    let at = row + 4u * c;
    let colour = dot(rgb, vec4<f32>(samples[at], samples[at + 1u], samples[at + 2u], samples[at + 3u]));
    y[(sample * 3u + c) * params.pixels + pixel] = (clamp(colour, 0.0, 1.0) - means[c]) / deviations[c];
  }
}
