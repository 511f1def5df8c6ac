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
}
@group(0) @binding(0) var<storage, read> q: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read> k: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> v: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read_write> y: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read_write> lse: array<f32>;
@group(0) @binding(5) var<storage, read> visible: array<vec4<u32>>;
@group(0) @binding(6) var<uniform> params: Params;
const WG = 8u;
const WG_X = 8u;
const WG_Y = 1u;
const WG_Z = 1u;
const ROWS = 16u;
const OWNED = 2u;
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


fn highest(value: f32) -> f32 {
  var v = value;
  v = max(v, subgroupShuffleXor(v, 1u));
  v = max(v, subgroupShuffleXor(v, 2u));
  v = max(v, subgroupShuffleXor(v, 4u));
  return v;
}

fn summed(value: f32) -> f32 {
  var v = value;
  v += subgroupShuffleXor(v, 1u);
  v += subgroupShuffleXor(v, 2u);
  v += subgroupShuffleXor(v, 4u);
  return v;
}


@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(subgroup_invocation_id) lane: u32) {
  let unit = flatGroup(wid, nwg);
  if (unit >= params.units) { return; }

  let count = params.tokens;
  let blocks = (count + ROWS - 1u) / ROWS;
  let first = (unit % blocks) * ROWS;
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
  let quad1 = min(lane + 8u, params.quads - 1u);

  // Scores are kept in units of log 2, for exp2.
  let unitScale = params.scale * 1.4426950408889634;
  var sum0_0 = vec4<f32>(0.0);
  var sum0_1 = vec4<f32>(0.0);
  var sum1_0 = vec4<f32>(0.0);
  var sum1_1 = vec4<f32>(0.0);
  var sum2_0 = vec4<f32>(0.0);
  var sum2_1 = vec4<f32>(0.0);
  var sum3_0 = vec4<f32>(0.0);
  var sum3_1 = vec4<f32>(0.0);
  var sum4_0 = vec4<f32>(0.0);
  var sum4_1 = vec4<f32>(0.0);
  var sum5_0 = vec4<f32>(0.0);
  var sum5_1 = vec4<f32>(0.0);
  var sum6_0 = vec4<f32>(0.0);
  var sum6_1 = vec4<f32>(0.0);
  var sum7_0 = vec4<f32>(0.0);
  var sum7_1 = vec4<f32>(0.0);
  var sum8_0 = vec4<f32>(0.0);
  var sum8_1 = vec4<f32>(0.0);
  var sum9_0 = vec4<f32>(0.0);
  var sum9_1 = vec4<f32>(0.0);
  var sum10_0 = vec4<f32>(0.0);
  var sum10_1 = vec4<f32>(0.0);
  var sum11_0 = vec4<f32>(0.0);
  var sum11_1 = vec4<f32>(0.0);
  var sum12_0 = vec4<f32>(0.0);
  var sum12_1 = vec4<f32>(0.0);
  var sum13_0 = vec4<f32>(0.0);
  var sum13_1 = vec4<f32>(0.0);
  var sum14_0 = vec4<f32>(0.0);
  var sum14_1 = vec4<f32>(0.0);
  var sum15_0 = vec4<f32>(0.0);
  var sum15_1 = vec4<f32>(0.0);
  var tops: array<f32, ROWS>;
  var totals: array<f32, ROWS>;
  for (var r = 0u; r < rows; r++) { tops[r % ROWS] = -3.4028234e38; totals[r % ROWS] = 0.0; }
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
    var weights = array<vec4<f32>, ROWS>(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15);
    var keeps: array<f32, ROWS>;
    for (var r = 0u; r < rows; r++) {
      let at = r % ROWS;
      let seenHere = (columns < vec4<u32>(min(keysOf(first + r), endKey))) & seen;
      let score = select(vec4<f32>(-3.4028234e38), weights[at] * unitScale, seenHere);
      let peak = max(tops[at], highest(max(max(score.x, score.y), max(score.z, score.w))));
      let keep = exp2(tops[at] - peak);
      let p = select(vec4<f32>(0.0), exp2(score - peak), seenHere);
      totals[at] = totals[at] * keep + ((p.x + p.y) + (p.z + p.w));
      tops[at] = peak;
      keeps[at] = keep;
      weights[at] = p;
    }
    let p0 = weights[0];
    sum0_0 *= keeps[0];
    sum0_1 *= keeps[0];
    let p1 = weights[1];
    sum1_0 *= keeps[1];
    sum1_1 *= keeps[1];
    let p2 = weights[2];
    sum2_0 *= keeps[2];
    sum2_1 *= keeps[2];
    let p3 = weights[3];
    sum3_0 *= keeps[3];
    sum3_1 *= keeps[3];
    let p4 = weights[4];
    sum4_0 *= keeps[4];
    sum4_1 *= keeps[4];
    let p5 = weights[5];
    sum5_0 *= keeps[5];
    sum5_1 *= keeps[5];
    let p6 = weights[6];
    sum6_0 *= keeps[6];
    sum6_1 *= keeps[6];
    let p7 = weights[7];
    sum7_0 *= keeps[7];
    sum7_1 *= keeps[7];
    let p8 = weights[8];
    sum8_0 *= keeps[8];
    sum8_1 *= keeps[8];
    let p9 = weights[9];
    sum9_0 *= keeps[9];
    sum9_1 *= keeps[9];
    let p10 = weights[10];
    sum10_0 *= keeps[10];
    sum10_1 *= keeps[10];
    let p11 = weights[11];
    sum11_0 *= keeps[11];
    sum11_1 *= keeps[11];
    let p12 = weights[12];
    sum12_0 *= keeps[12];
    sum12_1 *= keeps[12];
    let p13 = weights[13];
    sum13_0 *= keeps[13];
    sum13_1 *= keeps[13];
    let p14 = weights[14];
    sum14_0 *= keeps[14];
    sum14_1 *= keeps[14];
    let p15 = weights[15];
    sum15_0 *= keeps[15];
    sum15_1 *= keeps[15];
    let used = min(LANES * 4u, end - block + 1u) / 2u;

    for (var step = 0u; step < used; step++) {
      let source = step / 2u;
      let column = block + source * 4u + step % 2u * 2u;
      let at0 = columnBase + min(column + 0u, last) * columnStride;
      let at1 = columnBase + min(column + 1u, last) * columnStride;
      let v0_0 = unpackHalves(v[at0 + quad0]);
      let v0_1 = unpackHalves(v[at0 + quad1]);
      let v1_0 = unpackHalves(v[at1 + quad0]);
      let v1_1 = unpackHalves(v[at1 + quad1]);
      let w0 = subgroupShuffle(select(p0.xy, p0.zw, step % 2u == 1u), source);
      sum0_0 += w0.x * v0_0 + w0.y * v1_0;
      sum0_1 += w0.x * v0_1 + w0.y * v1_1;
      let w1 = subgroupShuffle(select(p1.xy, p1.zw, step % 2u == 1u), source);
      sum1_0 += w1.x * v0_0 + w1.y * v1_0;
      sum1_1 += w1.x * v0_1 + w1.y * v1_1;
      let w2 = subgroupShuffle(select(p2.xy, p2.zw, step % 2u == 1u), source);
      sum2_0 += w2.x * v0_0 + w2.y * v1_0;
      sum2_1 += w2.x * v0_1 + w2.y * v1_1;
      let w3 = subgroupShuffle(select(p3.xy, p3.zw, step % 2u == 1u), source);
      sum3_0 += w3.x * v0_0 + w3.y * v1_0;
      sum3_1 += w3.x * v0_1 + w3.y * v1_1;
      let w4 = subgroupShuffle(select(p4.xy, p4.zw, step % 2u == 1u), source);
      sum4_0 += w4.x * v0_0 + w4.y * v1_0;
      sum4_1 += w4.x * v0_1 + w4.y * v1_1;
      let w5 = subgroupShuffle(select(p5.xy, p5.zw, step % 2u == 1u), source);
      sum5_0 += w5.x * v0_0 + w5.y * v1_0;
      sum5_1 += w5.x * v0_1 + w5.y * v1_1;
      let w6 = subgroupShuffle(select(p6.xy, p6.zw, step % 2u == 1u), source);
      sum6_0 += w6.x * v0_0 + w6.y * v1_0;
      sum6_1 += w6.x * v0_1 + w6.y * v1_1;
      let w7 = subgroupShuffle(select(p7.xy, p7.zw, step % 2u == 1u), source);
      sum7_0 += w7.x * v0_0 + w7.y * v1_0;
      sum7_1 += w7.x * v0_1 + w7.y * v1_1;
      let w8 = subgroupShuffle(select(p8.xy, p8.zw, step % 2u == 1u), source);
      sum8_0 += w8.x * v0_0 + w8.y * v1_0;
      sum8_1 += w8.x * v0_1 + w8.y * v1_1;
      let w9 = subgroupShuffle(select(p9.xy, p9.zw, step % 2u == 1u), source);
      sum9_0 += w9.x * v0_0 + w9.y * v1_0;
      sum9_1 += w9.x * v0_1 + w9.y * v1_1;
      let w10 = subgroupShuffle(select(p10.xy, p10.zw, step % 2u == 1u), source);
      sum10_0 += w10.x * v0_0 + w10.y * v1_0;
      sum10_1 += w10.x * v0_1 + w10.y * v1_1;
      let w11 = subgroupShuffle(select(p11.xy, p11.zw, step % 2u == 1u), source);
      sum11_0 += w11.x * v0_0 + w11.y * v1_0;
      sum11_1 += w11.x * v0_1 + w11.y * v1_1;
      let w12 = subgroupShuffle(select(p12.xy, p12.zw, step % 2u == 1u), source);
      sum12_0 += w12.x * v0_0 + w12.y * v1_0;
      sum12_1 += w12.x * v0_1 + w12.y * v1_1;
      let w13 = subgroupShuffle(select(p13.xy, p13.zw, step % 2u == 1u), source);
      sum13_0 += w13.x * v0_0 + w13.y * v1_0;
      sum13_1 += w13.x * v0_1 + w13.y * v1_1;
      let w14 = subgroupShuffle(select(p14.xy, p14.zw, step % 2u == 1u), source);
      sum14_0 += w14.x * v0_0 + w14.y * v1_0;
      sum14_1 += w14.x * v0_1 + w14.y * v1_1;
      let w15 = subgroupShuffle(select(p15.xy, p15.zw, step % 2u == 1u), source);
      sum15_0 += w15.x * v0_0 + w15.y * v1_0;
      sum15_1 += w15.x * v0_1 + w15.y * v1_1;
    }
  }

  var held0 = array<vec4<f32>, ROWS>(sum0_0, sum1_0, sum2_0, sum3_0, sum4_0, sum5_0, sum6_0, sum7_0, sum8_0, sum9_0, sum10_0, sum11_0, sum12_0, sum13_0, sum14_0, sum15_0);
  var held1 = array<vec4<f32>, ROWS>(sum0_1, sum1_1, sum2_1, sum3_1, sum4_1, sum5_1, sum6_1, sum7_1, sum8_1, sum9_1, sum10_1, sum11_1, sum12_1, sum13_1, sum14_1, sum15_1);
  for (var r = 0u; r < rows; r++) {
    // A query that sees no key gets zeros.
    let all = summed(totals[r % ROWS]);
    let divisor = select(1.0, all, all > 0.0);
    if (lane == 0u) { lse[stat + first + r] = select(0.0, tops[r % ROWS] + log2(all), all > 0.0); }
    let rowAt = rowBase + (first + r) * rowStride;
    if (lane < params.quads) { y[rowAt + lane] = packHalves(held0[r % ROWS] / divisor); }
    if (lane + 8u < params.quads) { y[rowAt + lane + 8u] = packHalves(held1[r % ROWS] / divisor); }
  }
}
