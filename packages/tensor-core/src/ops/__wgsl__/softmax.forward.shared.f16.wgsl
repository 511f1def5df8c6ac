enable subgroups;
struct Params {
  rows: u32,
  items: u32,
}
@group(0) @binding(0) var<storage, read> x: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec2<u32>>;
@group(0) @binding(2) var<uniform> params: Params;
const WG = 8u;
const WG_X = 8u;
const WG_Y = 1u;
const WG_Z = 1u;
const QUADS = true;
const LANES = 8u;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}

fn packHalves(v: vec4<f32>) -> vec2<u32> {
  let word = bitcast<vec4<u32>>(v);
  let sign = (word >> vec4<u32>(16u)) & vec4<u32>(0x8000u);
  let size = word & vec4<u32>(0x7fffffffu);
  let odd = (size >> vec4<u32>(13u)) & vec4<u32>(1u);
  var half = (size - 0x38000000u + 0xfffu + odd) >> vec4<u32>(13u);
  // Adding 0.5, whose last place is 2^-24, rounds a value below 2^-14 to a multiple of 2^-24.
  let tiny = bitcast<vec4<u32>>(bitcast<vec4<f32>>(min(size, vec4<u32>(0x38800000u))) + 0.5) - 0x3f000000u;
  half = select(half, tiny, size < vec4<u32>(0x38800000u));
  half = select(half, vec4<u32>(0x7c00u), size >= vec4<u32>(0x477ff000u));
  half = select(half, vec4<u32>(0x7e00u), size > vec4<u32>(0x7f800000u)) | sign;
  return half.xz | (half.yw << vec2<u32>(16u));
}
fn unpackHalves(h: vec2<u32>) -> vec4<f32> {
  return vec4<f32>(unpack2x16float(h.x), unpack2x16float(h.y));
}


alias Item = vec4<f32>;
fn total(v: Item) -> f32 { return (v.x + v.y) + (v.z + v.w); }
fn largest(v: Item) -> f32 { return max(max(v.x, v.y), max(v.z, v.w)); }

fn rowSum(value: f32, lane: u32) -> f32 { return subgroupAdd(value); }
fn rowMax(value: f32, lane: u32) -> f32 { return subgroupMax(value); }

fn exponential(x: Item) -> Item { return select(x, exp(x), x == x); }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let row = flatGroup(wid, nwg);
  if (row >= params.rows) { return; }
  let start = row * params.items;
  var top = Item(-3.4028234e38);
  for (var i = lane; i < params.items; i += WG) { top = max(top, unpackHalves(x[start + i])); }
  let peak = rowMax(largest(top), lane);
  var part = Item(0.0);
  for (var i = lane; i < params.items; i += WG) { part += exponential(unpackHalves(x[start + i]) - peak); }
  let factor = 1.0 / rowSum(total(part), lane);
  for (var i = lane; i < params.items; i += WG) {
    y[start + i] = packHalves(exponential(unpackHalves(x[start + i]) - peak) * factor);
  }
}
