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
}
@group(0) @binding(0) var<storage, read> q: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read> k: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> v: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read> dy: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read> stats: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read_write> weights: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read> visible: array<vec4<u32>>;
@group(0) @binding(7) var<uniform> params: Params;
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

fn isVisible(batch: u32, quad: u32) -> vec4<bool> {
  let quads = (params.keys + 3u) / 4u;
  let seen = visible[select(0u, batch * (quads + 1u) + 1u + min(quad, quads - 1u), params.masked != 0u)];
  return (seen != vec4<u32>(0u)) | vec4<bool>(params.masked == 0u);
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

  let count = params.tokens;
  let blocks = params.blocks;
  let first = params.begin + (unit % blocks) * ROWS;
  let head = (unit / blocks) % params.heads;
  let batch = unit / blocks / params.heads;
  let rowStride = params.heads * params.quads;
  let rowBase = batch * count * rowStride + head * params.quads;
  let columnStride = params.keyHeads * params.quads;
  let columnBase = batch * params.keys * columnStride + head / params.group * params.quads;
  let last = max(params.keys, 1u) - 1u;
  let endKey = endOfKeys(batch);
  let end = min(keysOf(min(first + ROWS, count) - 1u), endKey);
  let stat = (batch * params.heads + head) * count;
  let rows = min(params.unitRows, count - first);

  let mineRow0 = min(first + lane + 0u, count - 1u);
  let rowAt0 = rowBase + mineRow0 * rowStride;
  let mineRow1 = min(first + lane + 8u, count - 1u);
  let rowAt1 = rowBase + mineRow1 * rowStride;
  let quad0 = min(lane + 0u, params.quads - 1u);

  // Scores are kept in units of log 2, for exp2.
  let unitScale = params.scale * 1.4426950408889634;
  let mineStats0 = stats[stat + mineRow0];
  let mineStats1 = stats[stat + mineRow1];
  let weightsAt = ((batch * params.heads + head) * blocks + unit % blocks) * ROWS * params.keyQuads + lane;
  for (var block = 0u; block < end; block += LANES * 4u) {

    let columns = block + lane * 4u + vec4<u32>(0u, 1u, 2u, 3u);
    let columnAt = columnBase + min(columns, vec4<u32>(last)) * columnStride;
    let seen = isVisible(batch, block / 4u + lane);

    var s0 = vec4<f32>(0.0);
    var s1 = vec4<f32>(0.0);
    var s2 = vec4<f32>(0.0);
    var s3 = vec4<f32>(0.0);
    var s4 = vec4<f32>(0.0);
    var s5 = vec4<f32>(0.0);
    var s6 = vec4<f32>(0.0);
    var s7 = vec4<f32>(0.0);
    var s8 = vec4<f32>(0.0);
    var s9 = vec4<f32>(0.0);
    var s10 = vec4<f32>(0.0);
    var s11 = vec4<f32>(0.0);
    var s12 = vec4<f32>(0.0);
    var s13 = vec4<f32>(0.0);
    var s14 = vec4<f32>(0.0);
    var s15 = vec4<f32>(0.0);
    for (var d = 0u; d < params.quads; d++) {
      let mine0 = unpackHalves(q[rowAt0 + d]);
      let mine1 = unpackHalves(q[rowAt1 + d]);
      let c0 = unpackHalves(k[columnAt.x + d]);
      let c1 = unpackHalves(k[columnAt.y + d]);
      let c2 = unpackHalves(k[columnAt.z + d]);
      let c3 = unpackHalves(k[columnAt.w + d]);
      let b0 = vec4<f32>(c0.x, c1.x, c2.x, c3.x);
      let b1 = vec4<f32>(c0.y, c1.y, c2.y, c3.y);
      let b2 = vec4<f32>(c0.z, c1.z, c2.z, c3.z);
      let b3 = vec4<f32>(c0.w, c1.w, c2.w, c3.w);
      s0 += subgroupBroadcast(mine0.x, 0u) * b0;
      s0 += subgroupBroadcast(mine0.y, 0u) * b1;
      s0 += subgroupBroadcast(mine0.z, 0u) * b2;
      s0 += subgroupBroadcast(mine0.w, 0u) * b3;
      s1 += subgroupBroadcast(mine0.x, 1u) * b0;
      s1 += subgroupBroadcast(mine0.y, 1u) * b1;
      s1 += subgroupBroadcast(mine0.z, 1u) * b2;
      s1 += subgroupBroadcast(mine0.w, 1u) * b3;
      s2 += subgroupBroadcast(mine0.x, 2u) * b0;
      s2 += subgroupBroadcast(mine0.y, 2u) * b1;
      s2 += subgroupBroadcast(mine0.z, 2u) * b2;
      s2 += subgroupBroadcast(mine0.w, 2u) * b3;
      s3 += subgroupBroadcast(mine0.x, 3u) * b0;
      s3 += subgroupBroadcast(mine0.y, 3u) * b1;
      s3 += subgroupBroadcast(mine0.z, 3u) * b2;
      s3 += subgroupBroadcast(mine0.w, 3u) * b3;
      s4 += subgroupBroadcast(mine0.x, 4u) * b0;
      s4 += subgroupBroadcast(mine0.y, 4u) * b1;
      s4 += subgroupBroadcast(mine0.z, 4u) * b2;
      s4 += subgroupBroadcast(mine0.w, 4u) * b3;
      s5 += subgroupBroadcast(mine0.x, 5u) * b0;
      s5 += subgroupBroadcast(mine0.y, 5u) * b1;
      s5 += subgroupBroadcast(mine0.z, 5u) * b2;
      s5 += subgroupBroadcast(mine0.w, 5u) * b3;
      s6 += subgroupBroadcast(mine0.x, 6u) * b0;
      s6 += subgroupBroadcast(mine0.y, 6u) * b1;
      s6 += subgroupBroadcast(mine0.z, 6u) * b2;
      s6 += subgroupBroadcast(mine0.w, 6u) * b3;
      s7 += subgroupBroadcast(mine0.x, 7u) * b0;
      s7 += subgroupBroadcast(mine0.y, 7u) * b1;
      s7 += subgroupBroadcast(mine0.z, 7u) * b2;
      s7 += subgroupBroadcast(mine0.w, 7u) * b3;
      s8 += subgroupBroadcast(mine1.x, 0u) * b0;
      s8 += subgroupBroadcast(mine1.y, 0u) * b1;
      s8 += subgroupBroadcast(mine1.z, 0u) * b2;
      s8 += subgroupBroadcast(mine1.w, 0u) * b3;
      s9 += subgroupBroadcast(mine1.x, 1u) * b0;
      s9 += subgroupBroadcast(mine1.y, 1u) * b1;
      s9 += subgroupBroadcast(mine1.z, 1u) * b2;
      s9 += subgroupBroadcast(mine1.w, 1u) * b3;
      s10 += subgroupBroadcast(mine1.x, 2u) * b0;
      s10 += subgroupBroadcast(mine1.y, 2u) * b1;
      s10 += subgroupBroadcast(mine1.z, 2u) * b2;
      s10 += subgroupBroadcast(mine1.w, 2u) * b3;
      s11 += subgroupBroadcast(mine1.x, 3u) * b0;
      s11 += subgroupBroadcast(mine1.y, 3u) * b1;
      s11 += subgroupBroadcast(mine1.z, 3u) * b2;
      s11 += subgroupBroadcast(mine1.w, 3u) * b3;
      s12 += subgroupBroadcast(mine1.x, 4u) * b0;
      s12 += subgroupBroadcast(mine1.y, 4u) * b1;
      s12 += subgroupBroadcast(mine1.z, 4u) * b2;
      s12 += subgroupBroadcast(mine1.w, 4u) * b3;
      s13 += subgroupBroadcast(mine1.x, 5u) * b0;
      s13 += subgroupBroadcast(mine1.y, 5u) * b1;
      s13 += subgroupBroadcast(mine1.z, 5u) * b2;
      s13 += subgroupBroadcast(mine1.w, 5u) * b3;
      s14 += subgroupBroadcast(mine1.x, 6u) * b0;
      s14 += subgroupBroadcast(mine1.y, 6u) * b1;
      s14 += subgroupBroadcast(mine1.z, 6u) * b2;
      s14 += subgroupBroadcast(mine1.w, 6u) * b3;
      s15 += subgroupBroadcast(mine1.x, 7u) * b0;
      s15 += subgroupBroadcast(mine1.y, 7u) * b1;
      s15 += subgroupBroadcast(mine1.z, 7u) * b2;
      s15 += subgroupBroadcast(mine1.w, 7u) * b3;
    }

    var t0 = vec4<f32>(0.0);
    var t1 = vec4<f32>(0.0);
    var t2 = vec4<f32>(0.0);
    var t3 = vec4<f32>(0.0);
    var t4 = vec4<f32>(0.0);
    var t5 = vec4<f32>(0.0);
    var t6 = vec4<f32>(0.0);
    var t7 = vec4<f32>(0.0);
    var t8 = vec4<f32>(0.0);
    var t9 = vec4<f32>(0.0);
    var t10 = vec4<f32>(0.0);
    var t11 = vec4<f32>(0.0);
    var t12 = vec4<f32>(0.0);
    var t13 = vec4<f32>(0.0);
    var t14 = vec4<f32>(0.0);
    var t15 = vec4<f32>(0.0);
    for (var d = 0u; d < params.quads; d++) {
      let mine0 = unpackHalves(dy[rowAt0 + d]);
      let mine1 = unpackHalves(dy[rowAt1 + d]);
      let c0 = unpackHalves(v[columnAt.x + d]);
      let c1 = unpackHalves(v[columnAt.y + d]);
      let c2 = unpackHalves(v[columnAt.z + d]);
      let c3 = unpackHalves(v[columnAt.w + d]);
      let b0 = vec4<f32>(c0.x, c1.x, c2.x, c3.x);
      let b1 = vec4<f32>(c0.y, c1.y, c2.y, c3.y);
      let b2 = vec4<f32>(c0.z, c1.z, c2.z, c3.z);
      let b3 = vec4<f32>(c0.w, c1.w, c2.w, c3.w);
      t0 += subgroupBroadcast(mine0.x, 0u) * b0;
      t0 += subgroupBroadcast(mine0.y, 0u) * b1;
      t0 += subgroupBroadcast(mine0.z, 0u) * b2;
      t0 += subgroupBroadcast(mine0.w, 0u) * b3;
      t1 += subgroupBroadcast(mine0.x, 1u) * b0;
      t1 += subgroupBroadcast(mine0.y, 1u) * b1;
      t1 += subgroupBroadcast(mine0.z, 1u) * b2;
      t1 += subgroupBroadcast(mine0.w, 1u) * b3;
      t2 += subgroupBroadcast(mine0.x, 2u) * b0;
      t2 += subgroupBroadcast(mine0.y, 2u) * b1;
      t2 += subgroupBroadcast(mine0.z, 2u) * b2;
      t2 += subgroupBroadcast(mine0.w, 2u) * b3;
      t3 += subgroupBroadcast(mine0.x, 3u) * b0;
      t3 += subgroupBroadcast(mine0.y, 3u) * b1;
      t3 += subgroupBroadcast(mine0.z, 3u) * b2;
      t3 += subgroupBroadcast(mine0.w, 3u) * b3;
      t4 += subgroupBroadcast(mine0.x, 4u) * b0;
      t4 += subgroupBroadcast(mine0.y, 4u) * b1;
      t4 += subgroupBroadcast(mine0.z, 4u) * b2;
      t4 += subgroupBroadcast(mine0.w, 4u) * b3;
      t5 += subgroupBroadcast(mine0.x, 5u) * b0;
      t5 += subgroupBroadcast(mine0.y, 5u) * b1;
      t5 += subgroupBroadcast(mine0.z, 5u) * b2;
      t5 += subgroupBroadcast(mine0.w, 5u) * b3;
      t6 += subgroupBroadcast(mine0.x, 6u) * b0;
      t6 += subgroupBroadcast(mine0.y, 6u) * b1;
      t6 += subgroupBroadcast(mine0.z, 6u) * b2;
      t6 += subgroupBroadcast(mine0.w, 6u) * b3;
      t7 += subgroupBroadcast(mine0.x, 7u) * b0;
      t7 += subgroupBroadcast(mine0.y, 7u) * b1;
      t7 += subgroupBroadcast(mine0.z, 7u) * b2;
      t7 += subgroupBroadcast(mine0.w, 7u) * b3;
      t8 += subgroupBroadcast(mine1.x, 0u) * b0;
      t8 += subgroupBroadcast(mine1.y, 0u) * b1;
      t8 += subgroupBroadcast(mine1.z, 0u) * b2;
      t8 += subgroupBroadcast(mine1.w, 0u) * b3;
      t9 += subgroupBroadcast(mine1.x, 1u) * b0;
      t9 += subgroupBroadcast(mine1.y, 1u) * b1;
      t9 += subgroupBroadcast(mine1.z, 1u) * b2;
      t9 += subgroupBroadcast(mine1.w, 1u) * b3;
      t10 += subgroupBroadcast(mine1.x, 2u) * b0;
      t10 += subgroupBroadcast(mine1.y, 2u) * b1;
      t10 += subgroupBroadcast(mine1.z, 2u) * b2;
      t10 += subgroupBroadcast(mine1.w, 2u) * b3;
      t11 += subgroupBroadcast(mine1.x, 3u) * b0;
      t11 += subgroupBroadcast(mine1.y, 3u) * b1;
      t11 += subgroupBroadcast(mine1.z, 3u) * b2;
      t11 += subgroupBroadcast(mine1.w, 3u) * b3;
      t12 += subgroupBroadcast(mine1.x, 4u) * b0;
      t12 += subgroupBroadcast(mine1.y, 4u) * b1;
      t12 += subgroupBroadcast(mine1.z, 4u) * b2;
      t12 += subgroupBroadcast(mine1.w, 4u) * b3;
      t13 += subgroupBroadcast(mine1.x, 5u) * b0;
      t13 += subgroupBroadcast(mine1.y, 5u) * b1;
      t13 += subgroupBroadcast(mine1.z, 5u) * b2;
      t13 += subgroupBroadcast(mine1.w, 5u) * b3;
      t14 += subgroupBroadcast(mine1.x, 6u) * b0;
      t14 += subgroupBroadcast(mine1.y, 6u) * b1;
      t14 += subgroupBroadcast(mine1.z, 6u) * b2;
      t14 += subgroupBroadcast(mine1.w, 6u) * b3;
      t15 += subgroupBroadcast(mine1.x, 7u) * b0;
      t15 += subgroupBroadcast(mine1.y, 7u) * b1;
      t15 += subgroupBroadcast(mine1.z, 7u) * b2;
      t15 += subgroupBroadcast(mine1.w, 7u) * b3;
    }
    var products = array<vec4<f32>, ROWS>(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15);
    var slopes = array<vec4<f32>, ROWS>(t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10, t11, t12, t13, t14, t15);
    for (var r = 0u; r < rows; r++) {
      let row = r % ROWS;
      let rowStats = subgroupShuffle(select(mineStats0, mineStats1, row >= 8u), row % LANES);
      let end = min(keysOf(first + row), endKey);
      let p = select(vec4<f32>(0.0), exp2(products[row] * unitScale - rowStats.x), (columns < vec4<u32>(end)) & seen);
      let at = block / 4u + weightsAt + row * params.keyQuads;
      weights[at] = p;
      weights[at + params.slopes] = p * (slopes[row] - rowStats.y);
    }
  }
}
