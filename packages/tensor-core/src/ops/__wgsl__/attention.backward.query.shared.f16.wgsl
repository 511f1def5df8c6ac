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
@group(0) @binding(2) var<storage, read_write> y: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read> visible: array<vec4<u32>>;
@group(0) @binding(4) var<uniform> params: Params;
const WG = 8u;
const WG_X = 8u;
const WG_Y = 1u;
const WG_Z = 1u;
const ROWS = 16u;
const OWNED = 1u;
const LANES = 8u;
const FOLD = 1u;


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

  let count = params.until;
  let blocks = (count - params.begin + ROWS - 1u) / ROWS;
  let first = params.begin + rest % blocks * ROWS;
  let head = (rest / blocks) % params.heads;
  let batch = rest / blocks / params.heads;
  let endKey = endOfKeys(batch);
  let end = min(keysOf(min(first + ROWS, count) - 1u), endKey);
  let weightTurn = (lane / 8u) % FOLD;
  let weightsAt = (batch * params.heads + head) * weightRow * params.keyQuads + params.offset + weightTurn;
  let row0 = min(first + 0u + lane % 8u, count - 1u);
  let end0 = min(keysOf(row0), endKey);
  let row0At = weightsAt + (row0 - params.begin) * params.keyQuads;
  let row1 = min(first + 8u + lane % 8u, count - 1u);
  let end1 = min(keysOf(row1), endKey);
  let row1At = weightsAt + (row1 - params.begin) * params.keyQuads;
  let stride = params.keyHeads * params.quads;
  let xAt = batch * params.keys * stride + head / params.group * params.quads + readQuad;
  for (var j = 0u; j < end; j += 4u * FOLD) {
    let w0 = select(vec4<f32>(0.0), weights[row0At + j / 4u], j + weightTurn * 4u < end0);
    let w1 = select(vec4<f32>(0.0), weights[row1At + j / 4u], j + weightTurn * 4u < end1);
    let x0 = unpackHalves(x[xAt + min(j + turn * 4u + 0u, params.keys - 1u) * stride]);
    let x1 = unpackHalves(x[xAt + min(j + turn * 4u + 1u, params.keys - 1u) * stride]);
    let x2 = unpackHalves(x[xAt + min(j + turn * 4u + 2u, params.keys - 1u) * stride]);
    let x3 = unpackHalves(x[xAt + min(j + turn * 4u + 3u, params.keys - 1u) * stride]);
    sum0 += subgroupBroadcast(w0.x, 0u) * x0 + subgroupBroadcast(w0.y, 0u) * x1 + subgroupBroadcast(w0.z, 0u) * x2 + subgroupBroadcast(w0.w, 0u) * x3;
    sum1 += subgroupBroadcast(w0.x, 1u) * x0 + subgroupBroadcast(w0.y, 1u) * x1 + subgroupBroadcast(w0.z, 1u) * x2 + subgroupBroadcast(w0.w, 1u) * x3;
    sum2 += subgroupBroadcast(w0.x, 2u) * x0 + subgroupBroadcast(w0.y, 2u) * x1 + subgroupBroadcast(w0.z, 2u) * x2 + subgroupBroadcast(w0.w, 2u) * x3;
    sum3 += subgroupBroadcast(w0.x, 3u) * x0 + subgroupBroadcast(w0.y, 3u) * x1 + subgroupBroadcast(w0.z, 3u) * x2 + subgroupBroadcast(w0.w, 3u) * x3;
    sum4 += subgroupBroadcast(w0.x, 4u) * x0 + subgroupBroadcast(w0.y, 4u) * x1 + subgroupBroadcast(w0.z, 4u) * x2 + subgroupBroadcast(w0.w, 4u) * x3;
    sum5 += subgroupBroadcast(w0.x, 5u) * x0 + subgroupBroadcast(w0.y, 5u) * x1 + subgroupBroadcast(w0.z, 5u) * x2 + subgroupBroadcast(w0.w, 5u) * x3;
    sum6 += subgroupBroadcast(w0.x, 6u) * x0 + subgroupBroadcast(w0.y, 6u) * x1 + subgroupBroadcast(w0.z, 6u) * x2 + subgroupBroadcast(w0.w, 6u) * x3;
    sum7 += subgroupBroadcast(w0.x, 7u) * x0 + subgroupBroadcast(w0.y, 7u) * x1 + subgroupBroadcast(w0.z, 7u) * x2 + subgroupBroadcast(w0.w, 7u) * x3;
    sum8 += subgroupBroadcast(w1.x, 0u) * x0 + subgroupBroadcast(w1.y, 0u) * x1 + subgroupBroadcast(w1.z, 0u) * x2 + subgroupBroadcast(w1.w, 0u) * x3;
    sum9 += subgroupBroadcast(w1.x, 1u) * x0 + subgroupBroadcast(w1.y, 1u) * x1 + subgroupBroadcast(w1.z, 1u) * x2 + subgroupBroadcast(w1.w, 1u) * x3;
    sum10 += subgroupBroadcast(w1.x, 2u) * x0 + subgroupBroadcast(w1.y, 2u) * x1 + subgroupBroadcast(w1.z, 2u) * x2 + subgroupBroadcast(w1.w, 2u) * x3;
    sum11 += subgroupBroadcast(w1.x, 3u) * x0 + subgroupBroadcast(w1.y, 3u) * x1 + subgroupBroadcast(w1.z, 3u) * x2 + subgroupBroadcast(w1.w, 3u) * x3;
    sum12 += subgroupBroadcast(w1.x, 4u) * x0 + subgroupBroadcast(w1.y, 4u) * x1 + subgroupBroadcast(w1.z, 4u) * x2 + subgroupBroadcast(w1.w, 4u) * x3;
    sum13 += subgroupBroadcast(w1.x, 5u) * x0 + subgroupBroadcast(w1.y, 5u) * x1 + subgroupBroadcast(w1.z, 5u) * x2 + subgroupBroadcast(w1.w, 5u) * x3;
    sum14 += subgroupBroadcast(w1.x, 6u) * x0 + subgroupBroadcast(w1.y, 6u) * x1 + subgroupBroadcast(w1.z, 6u) * x2 + subgroupBroadcast(w1.w, 6u) * x3;
    sum15 += subgroupBroadcast(w1.x, 7u) * x0 + subgroupBroadcast(w1.y, 7u) * x1 + subgroupBroadcast(w1.z, 7u) * x2 + subgroupBroadcast(w1.w, 7u) * x3;
  }
  let yStride = params.heads * params.quads;
  let yAt = (batch * params.tokens + first) * yStride + head * params.quads + ownQuad;
















  if (lane >= width || ownQuad >= params.quads) { return; }
  var sums = array<vec4<f32>, ROWS>(sum0, sum1, sum2, sum3, sum4, sum5, sum6, sum7, sum8, sum9, sum10, sum11, sum12, sum13, sum14, sum15);
  let unitRows = min(params.unitRows, count - first);
  for (var r = 0u; r < unitRows; r++) { y[yAt + r * yStride] = packHalves(sums[r % ROWS] * params.scale); }
}
