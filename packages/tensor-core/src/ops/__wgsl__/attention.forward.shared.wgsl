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
}
@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> k: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> lse: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;
const WG = 8u;
const WG_X = 8u;
const WG_Y = 1u;
const WG_Z = 1u;
const OWNED = 2u;
const LANES = 8u;


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
  let blocks = (count + 7u) / 8u;
  let first = (unit % blocks) * 8u;
  let head = (unit / blocks) % params.heads;
  let batch = unit / blocks / params.heads;
  let rowStride = params.heads * params.quads;
  let rowBase = batch * count * rowStride + head * params.quads;
  let columnStride = params.keyHeads * params.quads;
  let columnBase = batch * params.keys * columnStride + head / params.group * params.quads;
  let last = params.keys - 1u;
  let end = keysOf(min(first + 7u, count - 1u));
  let stat = (batch * params.heads + head) * count;

  let mineRow = min(first + lane % 8u, count - 1u);
  let rowAt = rowBase + mineRow * rowStride;
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
  let end0 = keysOf(first + 0u);
  var top0 = -3.4028234e38;
  var total0 = 0.0;
  let end1 = keysOf(first + 1u);
  var top1 = -3.4028234e38;
  var total1 = 0.0;
  let end2 = keysOf(first + 2u);
  var top2 = -3.4028234e38;
  var total2 = 0.0;
  let end3 = keysOf(first + 3u);
  var top3 = -3.4028234e38;
  var total3 = 0.0;
  let end4 = keysOf(first + 4u);
  var top4 = -3.4028234e38;
  var total4 = 0.0;
  let end5 = keysOf(first + 5u);
  var top5 = -3.4028234e38;
  var total5 = 0.0;
  let end6 = keysOf(first + 6u);
  var top6 = -3.4028234e38;
  var total6 = 0.0;
  let end7 = keysOf(first + 7u);
  var top7 = -3.4028234e38;
  var total7 = 0.0;
  for (var block = 0u; block < end; block += LANES * 4u) {

    let columns = block + lane * 4u + vec4<u32>(0u, 1u, 2u, 3u);
    let clamped = min(columns, vec4<u32>(last));
    let columnAt = columnBase + clamped * columnStride;

    var s0 = vec4<f32>(0.0);
    var s1 = vec4<f32>(0.0);
    var s2 = vec4<f32>(0.0);
    var s3 = vec4<f32>(0.0);
    var s4 = vec4<f32>(0.0);
    var s5 = vec4<f32>(0.0);
    var s6 = vec4<f32>(0.0);
    var s7 = vec4<f32>(0.0);
    for (var d = 0u; d < params.quads; d++) {
      let mine = q[rowAt + d];
      let c0 = k[columnAt.x + d];
      let c1 = k[columnAt.y + d];
      let c2 = k[columnAt.z + d];
      let c3 = k[columnAt.w + d];
      let b0 = vec4<f32>(c0.x, c1.x, c2.x, c3.x);
      let b1 = vec4<f32>(c0.y, c1.y, c2.y, c3.y);
      let b2 = vec4<f32>(c0.z, c1.z, c2.z, c3.z);
      let b3 = vec4<f32>(c0.w, c1.w, c2.w, c3.w);
      s0 += subgroupBroadcast(mine.x, 0u) * b0;
      s0 += subgroupBroadcast(mine.y, 0u) * b1;
      s0 += subgroupBroadcast(mine.z, 0u) * b2;
      s0 += subgroupBroadcast(mine.w, 0u) * b3;
      s1 += subgroupBroadcast(mine.x, 1u) * b0;
      s1 += subgroupBroadcast(mine.y, 1u) * b1;
      s1 += subgroupBroadcast(mine.z, 1u) * b2;
      s1 += subgroupBroadcast(mine.w, 1u) * b3;
      s2 += subgroupBroadcast(mine.x, 2u) * b0;
      s2 += subgroupBroadcast(mine.y, 2u) * b1;
      s2 += subgroupBroadcast(mine.z, 2u) * b2;
      s2 += subgroupBroadcast(mine.w, 2u) * b3;
      s3 += subgroupBroadcast(mine.x, 3u) * b0;
      s3 += subgroupBroadcast(mine.y, 3u) * b1;
      s3 += subgroupBroadcast(mine.z, 3u) * b2;
      s3 += subgroupBroadcast(mine.w, 3u) * b3;
      s4 += subgroupBroadcast(mine.x, 4u) * b0;
      s4 += subgroupBroadcast(mine.y, 4u) * b1;
      s4 += subgroupBroadcast(mine.z, 4u) * b2;
      s4 += subgroupBroadcast(mine.w, 4u) * b3;
      s5 += subgroupBroadcast(mine.x, 5u) * b0;
      s5 += subgroupBroadcast(mine.y, 5u) * b1;
      s5 += subgroupBroadcast(mine.z, 5u) * b2;
      s5 += subgroupBroadcast(mine.w, 5u) * b3;
      s6 += subgroupBroadcast(mine.x, 6u) * b0;
      s6 += subgroupBroadcast(mine.y, 6u) * b1;
      s6 += subgroupBroadcast(mine.z, 6u) * b2;
      s6 += subgroupBroadcast(mine.w, 6u) * b3;
      s7 += subgroupBroadcast(mine.x, 7u) * b0;
      s7 += subgroupBroadcast(mine.y, 7u) * b1;
      s7 += subgroupBroadcast(mine.z, 7u) * b2;
      s7 += subgroupBroadcast(mine.w, 7u) * b3;
    }

    s0 = select(vec4<f32>(-3.4028234e38), s0 * unitScale, columns < vec4<u32>(end0));
    let peak0 = max(top0, highest(max(max(s0.x, s0.y), max(s0.z, s0.w))));
    let keep0 = exp2(top0 - peak0);
    let p0 = exp2(s0 - peak0);
    total0 = total0 * keep0 + ((p0.x + p0.y) + (p0.z + p0.w));
    top0 = peak0;
    sum0_0 *= keep0;
    sum0_1 *= keep0;

    s1 = select(vec4<f32>(-3.4028234e38), s1 * unitScale, columns < vec4<u32>(end1));
    let peak1 = max(top1, highest(max(max(s1.x, s1.y), max(s1.z, s1.w))));
    let keep1 = exp2(top1 - peak1);
    let p1 = exp2(s1 - peak1);
    total1 = total1 * keep1 + ((p1.x + p1.y) + (p1.z + p1.w));
    top1 = peak1;
    sum1_0 *= keep1;
    sum1_1 *= keep1;

    s2 = select(vec4<f32>(-3.4028234e38), s2 * unitScale, columns < vec4<u32>(end2));
    let peak2 = max(top2, highest(max(max(s2.x, s2.y), max(s2.z, s2.w))));
    let keep2 = exp2(top2 - peak2);
    let p2 = exp2(s2 - peak2);
    total2 = total2 * keep2 + ((p2.x + p2.y) + (p2.z + p2.w));
    top2 = peak2;
    sum2_0 *= keep2;
    sum2_1 *= keep2;

    s3 = select(vec4<f32>(-3.4028234e38), s3 * unitScale, columns < vec4<u32>(end3));
    let peak3 = max(top3, highest(max(max(s3.x, s3.y), max(s3.z, s3.w))));
    let keep3 = exp2(top3 - peak3);
    let p3 = exp2(s3 - peak3);
    total3 = total3 * keep3 + ((p3.x + p3.y) + (p3.z + p3.w));
    top3 = peak3;
    sum3_0 *= keep3;
    sum3_1 *= keep3;

    s4 = select(vec4<f32>(-3.4028234e38), s4 * unitScale, columns < vec4<u32>(end4));
    let peak4 = max(top4, highest(max(max(s4.x, s4.y), max(s4.z, s4.w))));
    let keep4 = exp2(top4 - peak4);
    let p4 = exp2(s4 - peak4);
    total4 = total4 * keep4 + ((p4.x + p4.y) + (p4.z + p4.w));
    top4 = peak4;
    sum4_0 *= keep4;
    sum4_1 *= keep4;

    s5 = select(vec4<f32>(-3.4028234e38), s5 * unitScale, columns < vec4<u32>(end5));
    let peak5 = max(top5, highest(max(max(s5.x, s5.y), max(s5.z, s5.w))));
    let keep5 = exp2(top5 - peak5);
    let p5 = exp2(s5 - peak5);
    total5 = total5 * keep5 + ((p5.x + p5.y) + (p5.z + p5.w));
    top5 = peak5;
    sum5_0 *= keep5;
    sum5_1 *= keep5;

    s6 = select(vec4<f32>(-3.4028234e38), s6 * unitScale, columns < vec4<u32>(end6));
    let peak6 = max(top6, highest(max(max(s6.x, s6.y), max(s6.z, s6.w))));
    let keep6 = exp2(top6 - peak6);
    let p6 = exp2(s6 - peak6);
    total6 = total6 * keep6 + ((p6.x + p6.y) + (p6.z + p6.w));
    top6 = peak6;
    sum6_0 *= keep6;
    sum6_1 *= keep6;

    s7 = select(vec4<f32>(-3.4028234e38), s7 * unitScale, columns < vec4<u32>(end7));
    let peak7 = max(top7, highest(max(max(s7.x, s7.y), max(s7.z, s7.w))));
    let keep7 = exp2(top7 - peak7);
    let p7 = exp2(s7 - peak7);
    total7 = total7 * keep7 + ((p7.x + p7.y) + (p7.z + p7.w));
    top7 = peak7;
    sum7_0 *= keep7;
    sum7_1 *= keep7;
    let used = min(LANES, (end - block + 3u) / 4u);

    for (var j = 0u; j < used; j++) {
      let at = columnBase + min(block + j * 4u + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(last)) * columnStride;
      let v0_0 = v[at.x + quad0];
      let v0_1 = v[at.x + quad1];
      let v1_0 = v[at.y + quad0];
      let v1_1 = v[at.y + quad1];
      let v2_0 = v[at.z + quad0];
      let v2_1 = v[at.z + quad1];
      let v3_0 = v[at.w + quad0];
      let v3_1 = v[at.w + quad1];
      let w0 = subgroupShuffle(p0, j);
      sum0_0 += w0.x * v0_0 + w0.y * v1_0 + w0.z * v2_0 + w0.w * v3_0;
      sum0_1 += w0.x * v0_1 + w0.y * v1_1 + w0.z * v2_1 + w0.w * v3_1;
      let w1 = subgroupShuffle(p1, j);
      sum1_0 += w1.x * v0_0 + w1.y * v1_0 + w1.z * v2_0 + w1.w * v3_0;
      sum1_1 += w1.x * v0_1 + w1.y * v1_1 + w1.z * v2_1 + w1.w * v3_1;
      let w2 = subgroupShuffle(p2, j);
      sum2_0 += w2.x * v0_0 + w2.y * v1_0 + w2.z * v2_0 + w2.w * v3_0;
      sum2_1 += w2.x * v0_1 + w2.y * v1_1 + w2.z * v2_1 + w2.w * v3_1;
      let w3 = subgroupShuffle(p3, j);
      sum3_0 += w3.x * v0_0 + w3.y * v1_0 + w3.z * v2_0 + w3.w * v3_0;
      sum3_1 += w3.x * v0_1 + w3.y * v1_1 + w3.z * v2_1 + w3.w * v3_1;
      let w4 = subgroupShuffle(p4, j);
      sum4_0 += w4.x * v0_0 + w4.y * v1_0 + w4.z * v2_0 + w4.w * v3_0;
      sum4_1 += w4.x * v0_1 + w4.y * v1_1 + w4.z * v2_1 + w4.w * v3_1;
      let w5 = subgroupShuffle(p5, j);
      sum5_0 += w5.x * v0_0 + w5.y * v1_0 + w5.z * v2_0 + w5.w * v3_0;
      sum5_1 += w5.x * v0_1 + w5.y * v1_1 + w5.z * v2_1 + w5.w * v3_1;
      let w6 = subgroupShuffle(p6, j);
      sum6_0 += w6.x * v0_0 + w6.y * v1_0 + w6.z * v2_0 + w6.w * v3_0;
      sum6_1 += w6.x * v0_1 + w6.y * v1_1 + w6.z * v2_1 + w6.w * v3_1;
      let w7 = subgroupShuffle(p7, j);
      sum7_0 += w7.x * v0_0 + w7.y * v1_0 + w7.z * v2_0 + w7.w * v3_0;
      sum7_1 += w7.x * v0_1 + w7.y * v1_1 + w7.z * v2_1 + w7.w * v3_1;
    }
  }
  var logSum = 0.0;
  let all0 = summed(total0);
  logSum = select(logSum, top0 + log2(all0), lane == 0u);
  sum0_0 /= all0;
  sum0_1 /= all0;
  let all1 = summed(total1);
  logSum = select(logSum, top1 + log2(all1), lane == 1u);
  sum1_0 /= all1;
  sum1_1 /= all1;
  let all2 = summed(total2);
  logSum = select(logSum, top2 + log2(all2), lane == 2u);
  sum2_0 /= all2;
  sum2_1 /= all2;
  let all3 = summed(total3);
  logSum = select(logSum, top3 + log2(all3), lane == 3u);
  sum3_0 /= all3;
  sum3_1 /= all3;
  let all4 = summed(total4);
  logSum = select(logSum, top4 + log2(all4), lane == 4u);
  sum4_0 /= all4;
  sum4_1 /= all4;
  let all5 = summed(total5);
  logSum = select(logSum, top5 + log2(all5), lane == 5u);
  sum5_0 /= all5;
  sum5_1 /= all5;
  let all6 = summed(total6);
  logSum = select(logSum, top6 + log2(all6), lane == 6u);
  sum6_0 /= all6;
  sum6_1 /= all6;
  let all7 = summed(total7);
  logSum = select(logSum, top7 + log2(all7), lane == 7u);
  sum7_0 /= all7;
  sum7_1 /= all7;
  if (lane < 8u && first + lane < count) { lse[stat + first + lane] = logSum; }

  for (var row = 0u; row < min(8u, count - first); row++) {
    let at = rowBase + (first + row) * rowStride + lane;
    var out0 = sum0_0;
    out0 = select(out0, sum1_0, row == 1u);
    out0 = select(out0, sum2_0, row == 2u);
    out0 = select(out0, sum3_0, row == 3u);
    out0 = select(out0, sum4_0, row == 4u);
    out0 = select(out0, sum5_0, row == 5u);
    out0 = select(out0, sum6_0, row == 6u);
    out0 = select(out0, sum7_0, row == 7u);
    if (lane + 0u < params.quads) { y[at + 0u] = out0 * 1.0; }
    var out1 = sum0_1;
    out1 = select(out1, sum1_1, row == 1u);
    out1 = select(out1, sum2_1, row == 2u);
    out1 = select(out1, sum3_1, row == 3u);
    out1 = select(out1, sum4_1, row == 4u);
    out1 = select(out1, sum5_1, row == 5u);
    out1 = select(out1, sum6_1, row == 6u);
    out1 = select(out1, sum7_1, row == 7u);
    if (lane + 8u < params.quads) { y[at + 8u] = out1 * 1.0; }
  }
}
