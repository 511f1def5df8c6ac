struct Params {
  quads: u32,
  seed: u32,
  stream: u32,
  blockLow: u32,
  blockHigh: u32,
  threshold: u32,
  factor: f32,
}
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(2) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}

fn multiplyWide(a: u32, b: u32) -> vec2<u32> {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let cross = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return vec2<u32>((a >> 16u) * (b >> 16u) + (middle >> 16u) + (cross >> 16u), a * b);
}
fn philox(counter: vec4<u32>, key: vec2<u32>) -> vec4<u32> {
  var c = counter;
  var k = key;
  for (var round = 0; round < 10; round++) {
    let p = multiplyWide(0xd2511f53u, c.x);
    let q = multiplyWide(0xcd9e8d57u, c.z);
    c = vec4<u32>(q.x ^ c.y ^ k.x, q.y, p.x ^ c.w ^ k.y, p.y);
    k += vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}
fn blockCounter(first: vec2<u32>, i: u32, stream: u32) -> vec4<u32> {
  let low = first.x + i;
  return vec4<u32>(low, first.y + select(0u, 1u, low < i), stream, 0u);
}

fn blockOf(i: u32) -> vec4<u32> {
  let counter = blockCounter(vec2<u32>(params.blockLow, params.blockHigh), i, params.stream);
  return philox(counter, vec2<u32>(params.seed, 0u));
}
/** In (0, 1], from the upper 24 bits: the largest word rounds up. */
fn unit(word: vec4<u32>) -> vec4<f32> { return (vec4<f32>(word >> vec4<u32>(8u)) + 0.5) * 0x1p-24; }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.quads) { return; }
  let kept = blockOf(i) >= vec4<u32>(params.threshold);
  y[i] = select(vec4<f32>(0.0), x[i] * params.factor, kept);
}
