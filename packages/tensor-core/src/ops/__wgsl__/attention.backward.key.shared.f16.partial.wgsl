enable subgroups;
struct Params {
  tokens: u32,
  keys: u32,
  heads: u32,
  keyHeads: u32,
  group: u32,
  prefix: u32,
  scale: f32,
  quads: u32,
  units: u32,
  masked: u32,
  unitRows: u32,
  begin: u32,
  until: u32,
  blocks: u32,
  keyQuads: u32,
  slopes: u32,
  offset: u32,
}
@group(0) @binding(0) var<storage, read> x: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read> weights: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> visible: array<vec4<u32>>;
@group(0) @binding(4) var<uniform> params: Params;
const WG = 8u;
const WG_X = 8u;
const WG_Y = 1u;
const WG_Z = 1u;
const ROWS = 16u;
const OWNED = 1u;
const LANES = 8u;
const FOLD = 2u;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}


fn keysOf(query: u32) -> u32 {
  let past = max(i32(params.keys + query + 1u) - i32(params.tokens), 0);
  return max(params.prefix, min(u32(past), params.keys));
}

fn firstQueryOf(key: u32) -> u32 {
  if (key < params.prefix) { return 0u; }
  return u32(max(i32(key + params.tokens) - i32(params.keys), 0));
}

fn endOfKeys(batch: u32) -> u32 {
  if (params.masked == 0u) { return params.keys; }
  return visible[batch * ((params.keys + 3u) / 4u + 1u)].x;
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


@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(subgroup_invocation_id) lane: u32) {
  let unit = flatGroup(wid, nwg);
  if (unit >= params.units) { return; }
  let width = LANES / FOLD;
  let pieces = (params.quads + width - 1u) / width;
  let rest = unit / pieces;
  let turn = lane / width;
  let ownQuad = unit % pieces * width + lane % width;
  let readQuad = min(ownQuad, params.quads - 1u);
  let weightRow = params.blocks * 16u;
  var sum0 = vec4<f32>(0.0);
  var sum1 = vec4<f32>(0.0);
  var sum2 = vec4<f32>(0.0);
  var sum3 = vec4<f32>(0.0);
  var sum4 = vec4<f32>(0.0);
  var sum5 = vec4<f32>(0.0);
  var sum6 = vec4<f32>(0.0);
  var sum7 = vec4<f32>(0.0);
  var sum8 = vec4<f32>(0.0);
  var sum9 = vec4<f32>(0.0);
  var sum10 = vec4<f32>(0.0);
  var sum11 = vec4<f32>(0.0);
  var sum12 = vec4<f32>(0.0);
  var sum13 = vec4<f32>(0.0);
  var sum14 = vec4<f32>(0.0);
  var sum15 = vec4<f32>(0.0);

  let count = params.keys;
  let blocks = (count + ROWS - 1u) / ROWS;
  let first = rest % blocks * ROWS;
  let keyHead = (rest / blocks) % params.keyHeads;
  let batch = rest / blocks / params.keyHeads;
  let end = select(0u, params.until, first < endOfKeys(batch));
  let weightTurn = (lane / 4u) % FOLD;
  let weightQuery = weightTurn * 4u + (lane / 4u) % 1u;
  let stride = params.heads * params.quads;
  for (var head = keyHead * params.group; head < (keyHead + 1u) * params.group; head++) {
    let weightsAt = (batch * params.heads + head) * weightRow * params.keyQuads + params.offset + first / 4u + lane % 4u;
    let xAt = batch * params.tokens * stride + head * params.quads + readQuad;
    for (var i = max(firstQueryOf(first), params.begin); i < end; i += 4u * FOLD) {
    let query0 = i + weightQuery + 0u;
    let w0 = select(vec4<f32>(0.0), weights[weightsAt + (min(query0, end - 1u) - params.begin) * params.keyQuads], query0 < end);
    let query1 = i + weightQuery + 1u;
    let w1 = select(vec4<f32>(0.0), weights[weightsAt + (min(query1, end - 1u) - params.begin) * params.keyQuads], query1 < end);
    let query2 = i + weightQuery + 2u;
    let w2 = select(vec4<f32>(0.0), weights[weightsAt + (min(query2, end - 1u) - params.begin) * params.keyQuads], query2 < end);
    let query3 = i + weightQuery + 3u;
    let w3 = select(vec4<f32>(0.0), weights[weightsAt + (min(query3, end - 1u) - params.begin) * params.keyQuads], query3 < end);
    let x0 = unpackHalves(x[xAt + min(i + turn * 4u + 0u, end - 1u) * stride]);
    let x1 = unpackHalves(x[xAt + min(i + turn * 4u + 1u, end - 1u) * stride]);
    let x2 = unpackHalves(x[xAt + min(i + turn * 4u + 2u, end - 1u) * stride]);
    let x3 = unpackHalves(x[xAt + min(i + turn * 4u + 3u, end - 1u) * stride]);
    sum0 += subgroupShuffle(w0.x, turn * 4u + 0u) * x0 + subgroupShuffle(w1.x, turn * 4u + 0u) * x1 + subgroupShuffle(w2.x, turn * 4u + 0u) * x2 + subgroupShuffle(w3.x, turn * 4u + 0u) * x3;
    sum1 += subgroupShuffle(w0.y, turn * 4u + 0u) * x0 + subgroupShuffle(w1.y, turn * 4u + 0u) * x1 + subgroupShuffle(w2.y, turn * 4u + 0u) * x2 + subgroupShuffle(w3.y, turn * 4u + 0u) * x3;
    sum2 += subgroupShuffle(w0.z, turn * 4u + 0u) * x0 + subgroupShuffle(w1.z, turn * 4u + 0u) * x1 + subgroupShuffle(w2.z, turn * 4u + 0u) * x2 + subgroupShuffle(w3.z, turn * 4u + 0u) * x3;
    sum3 += subgroupShuffle(w0.w, turn * 4u + 0u) * x0 + subgroupShuffle(w1.w, turn * 4u + 0u) * x1 + subgroupShuffle(w2.w, turn * 4u + 0u) * x2 + subgroupShuffle(w3.w, turn * 4u + 0u) * x3;
    sum4 += subgroupShuffle(w0.x, turn * 4u + 1u) * x0 + subgroupShuffle(w1.x, turn * 4u + 1u) * x1 + subgroupShuffle(w2.x, turn * 4u + 1u) * x2 + subgroupShuffle(w3.x, turn * 4u + 1u) * x3;
    sum5 += subgroupShuffle(w0.y, turn * 4u + 1u) * x0 + subgroupShuffle(w1.y, turn * 4u + 1u) * x1 + subgroupShuffle(w2.y, turn * 4u + 1u) * x2 + subgroupShuffle(w3.y, turn * 4u + 1u) * x3;
    sum6 += subgroupShuffle(w0.z, turn * 4u + 1u) * x0 + subgroupShuffle(w1.z, turn * 4u + 1u) * x1 + subgroupShuffle(w2.z, turn * 4u + 1u) * x2 + subgroupShuffle(w3.z, turn * 4u + 1u) * x3;
    sum7 += subgroupShuffle(w0.w, turn * 4u + 1u) * x0 + subgroupShuffle(w1.w, turn * 4u + 1u) * x1 + subgroupShuffle(w2.w, turn * 4u + 1u) * x2 + subgroupShuffle(w3.w, turn * 4u + 1u) * x3;
    sum8 += subgroupShuffle(w0.x, turn * 4u + 2u) * x0 + subgroupShuffle(w1.x, turn * 4u + 2u) * x1 + subgroupShuffle(w2.x, turn * 4u + 2u) * x2 + subgroupShuffle(w3.x, turn * 4u + 2u) * x3;
    sum9 += subgroupShuffle(w0.y, turn * 4u + 2u) * x0 + subgroupShuffle(w1.y, turn * 4u + 2u) * x1 + subgroupShuffle(w2.y, turn * 4u + 2u) * x2 + subgroupShuffle(w3.y, turn * 4u + 2u) * x3;
    sum10 += subgroupShuffle(w0.z, turn * 4u + 2u) * x0 + subgroupShuffle(w1.z, turn * 4u + 2u) * x1 + subgroupShuffle(w2.z, turn * 4u + 2u) * x2 + subgroupShuffle(w3.z, turn * 4u + 2u) * x3;
    sum11 += subgroupShuffle(w0.w, turn * 4u + 2u) * x0 + subgroupShuffle(w1.w, turn * 4u + 2u) * x1 + subgroupShuffle(w2.w, turn * 4u + 2u) * x2 + subgroupShuffle(w3.w, turn * 4u + 2u) * x3;
    sum12 += subgroupShuffle(w0.x, turn * 4u + 3u) * x0 + subgroupShuffle(w1.x, turn * 4u + 3u) * x1 + subgroupShuffle(w2.x, turn * 4u + 3u) * x2 + subgroupShuffle(w3.x, turn * 4u + 3u) * x3;
    sum13 += subgroupShuffle(w0.y, turn * 4u + 3u) * x0 + subgroupShuffle(w1.y, turn * 4u + 3u) * x1 + subgroupShuffle(w2.y, turn * 4u + 3u) * x2 + subgroupShuffle(w3.y, turn * 4u + 3u) * x3;
    sum14 += subgroupShuffle(w0.z, turn * 4u + 3u) * x0 + subgroupShuffle(w1.z, turn * 4u + 3u) * x1 + subgroupShuffle(w2.z, turn * 4u + 3u) * x2 + subgroupShuffle(w3.z, turn * 4u + 3u) * x3;
    sum15 += subgroupShuffle(w0.w, turn * 4u + 3u) * x0 + subgroupShuffle(w1.w, turn * 4u + 3u) * x1 + subgroupShuffle(w2.w, turn * 4u + 3u) * x2 + subgroupShuffle(w3.w, turn * 4u + 3u) * x3;
    }
  }
  let yStride = params.keyHeads * params.quads;
  let yAt = (batch * count + first) * yStride + keyHead * params.quads + ownQuad;
  sum0 += subgroupShuffleXor(sum0, 4u);
  sum1 += subgroupShuffleXor(sum1, 4u);
  sum2 += subgroupShuffleXor(sum2, 4u);
  sum3 += subgroupShuffleXor(sum3, 4u);
  sum4 += subgroupShuffleXor(sum4, 4u);
  sum5 += subgroupShuffleXor(sum5, 4u);
  sum6 += subgroupShuffleXor(sum6, 4u);
  sum7 += subgroupShuffleXor(sum7, 4u);
  sum8 += subgroupShuffleXor(sum8, 4u);
  sum9 += subgroupShuffleXor(sum9, 4u);
  sum10 += subgroupShuffleXor(sum10, 4u);
  sum11 += subgroupShuffleXor(sum11, 4u);
  sum12 += subgroupShuffleXor(sum12, 4u);
  sum13 += subgroupShuffleXor(sum13, 4u);
  sum14 += subgroupShuffleXor(sum14, 4u);
  sum15 += subgroupShuffleXor(sum15, 4u);
  if (lane >= width || ownQuad >= params.quads) { return; }
  var sums = array<vec4<f32>, ROWS>(sum0, sum1, sum2, sum3, sum4, sum5, sum6, sum7, sum8, sum9, sum10, sum11, sum12, sum13, sum14, sum15);
  let unitRows = min(params.unitRows, count - first);
  for (var r = 0u; r < unitRows; r++) { y[yAt + r * yStride] = sums[r % ROWS] * params.scale; }
}
