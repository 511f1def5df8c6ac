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
}
@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> k: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4<f32>>;
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
  let end0 = min(keysOf(first + 0u), endKey);
  var top0 = -3.4028234e38;
  var total0 = 0.0;
  let end1 = min(keysOf(first + 1u), endKey);
  var top1 = -3.4028234e38;
  var total1 = 0.0;
  let end2 = min(keysOf(first + 2u), endKey);
  var top2 = -3.4028234e38;
  var total2 = 0.0;
  let end3 = min(keysOf(first + 3u), endKey);
  var top3 = -3.4028234e38;
  var total3 = 0.0;
  let end4 = min(keysOf(first + 4u), endKey);
  var top4 = -3.4028234e38;
  var total4 = 0.0;
  let end5 = min(keysOf(first + 5u), endKey);
  var top5 = -3.4028234e38;
  var total5 = 0.0;
  let end6 = min(keysOf(first + 6u), endKey);
  var top6 = -3.4028234e38;
  var total6 = 0.0;
  let end7 = min(keysOf(first + 7u), endKey);
  var top7 = -3.4028234e38;
  var total7 = 0.0;
  let end8 = min(keysOf(first + 8u), endKey);
  var top8 = -3.4028234e38;
  var total8 = 0.0;
  let end9 = min(keysOf(first + 9u), endKey);
  var top9 = -3.4028234e38;
  var total9 = 0.0;
  let end10 = min(keysOf(first + 10u), endKey);
  var top10 = -3.4028234e38;
  var total10 = 0.0;
  let end11 = min(keysOf(first + 11u), endKey);
  var top11 = -3.4028234e38;
  var total11 = 0.0;
  let end12 = min(keysOf(first + 12u), endKey);
  var top12 = -3.4028234e38;
  var total12 = 0.0;
  let end13 = min(keysOf(first + 13u), endKey);
  var top13 = -3.4028234e38;
  var total13 = 0.0;
  let end14 = min(keysOf(first + 14u), endKey);
  var top14 = -3.4028234e38;
  var total14 = 0.0;
  let end15 = min(keysOf(first + 15u), endKey);
  var top15 = -3.4028234e38;
  var total15 = 0.0;
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
      let mine0 = q[rowAt0 + d];
      let mine1 = q[rowAt1 + d];
      let c0 = k[columnAt.x + d];
      let c1 = k[columnAt.y + d];
      let c2 = k[columnAt.z + d];
      let c3 = k[columnAt.w + d];
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

    let seen0 = (columns < vec4<u32>(end0)) & seen;
    s0 = select(vec4<f32>(-3.4028234e38), s0 * unitScale, seen0);
    let peak0 = max(top0, highest(max(max(s0.x, s0.y), max(s0.z, s0.w))));
    let keep0 = exp2(top0 - peak0);
    let p0 = select(vec4<f32>(0.0), exp2(s0 - peak0), seen0);
    total0 = total0 * keep0 + ((p0.x + p0.y) + (p0.z + p0.w));
    top0 = peak0;
    sum0_0 *= keep0;
    sum0_1 *= keep0;

    let seen1 = (columns < vec4<u32>(end1)) & seen;
    s1 = select(vec4<f32>(-3.4028234e38), s1 * unitScale, seen1);
    let peak1 = max(top1, highest(max(max(s1.x, s1.y), max(s1.z, s1.w))));
    let keep1 = exp2(top1 - peak1);
    let p1 = select(vec4<f32>(0.0), exp2(s1 - peak1), seen1);
    total1 = total1 * keep1 + ((p1.x + p1.y) + (p1.z + p1.w));
    top1 = peak1;
    sum1_0 *= keep1;
    sum1_1 *= keep1;

    let seen2 = (columns < vec4<u32>(end2)) & seen;
    s2 = select(vec4<f32>(-3.4028234e38), s2 * unitScale, seen2);
    let peak2 = max(top2, highest(max(max(s2.x, s2.y), max(s2.z, s2.w))));
    let keep2 = exp2(top2 - peak2);
    let p2 = select(vec4<f32>(0.0), exp2(s2 - peak2), seen2);
    total2 = total2 * keep2 + ((p2.x + p2.y) + (p2.z + p2.w));
    top2 = peak2;
    sum2_0 *= keep2;
    sum2_1 *= keep2;

    let seen3 = (columns < vec4<u32>(end3)) & seen;
    s3 = select(vec4<f32>(-3.4028234e38), s3 * unitScale, seen3);
    let peak3 = max(top3, highest(max(max(s3.x, s3.y), max(s3.z, s3.w))));
    let keep3 = exp2(top3 - peak3);
    let p3 = select(vec4<f32>(0.0), exp2(s3 - peak3), seen3);
    total3 = total3 * keep3 + ((p3.x + p3.y) + (p3.z + p3.w));
    top3 = peak3;
    sum3_0 *= keep3;
    sum3_1 *= keep3;

    let seen4 = (columns < vec4<u32>(end4)) & seen;
    s4 = select(vec4<f32>(-3.4028234e38), s4 * unitScale, seen4);
    let peak4 = max(top4, highest(max(max(s4.x, s4.y), max(s4.z, s4.w))));
    let keep4 = exp2(top4 - peak4);
    let p4 = select(vec4<f32>(0.0), exp2(s4 - peak4), seen4);
    total4 = total4 * keep4 + ((p4.x + p4.y) + (p4.z + p4.w));
    top4 = peak4;
    sum4_0 *= keep4;
    sum4_1 *= keep4;

    let seen5 = (columns < vec4<u32>(end5)) & seen;
    s5 = select(vec4<f32>(-3.4028234e38), s5 * unitScale, seen5);
    let peak5 = max(top5, highest(max(max(s5.x, s5.y), max(s5.z, s5.w))));
    let keep5 = exp2(top5 - peak5);
    let p5 = select(vec4<f32>(0.0), exp2(s5 - peak5), seen5);
    total5 = total5 * keep5 + ((p5.x + p5.y) + (p5.z + p5.w));
    top5 = peak5;
    sum5_0 *= keep5;
    sum5_1 *= keep5;

    let seen6 = (columns < vec4<u32>(end6)) & seen;
    s6 = select(vec4<f32>(-3.4028234e38), s6 * unitScale, seen6);
    let peak6 = max(top6, highest(max(max(s6.x, s6.y), max(s6.z, s6.w))));
    let keep6 = exp2(top6 - peak6);
    let p6 = select(vec4<f32>(0.0), exp2(s6 - peak6), seen6);
    total6 = total6 * keep6 + ((p6.x + p6.y) + (p6.z + p6.w));
    top6 = peak6;
    sum6_0 *= keep6;
    sum6_1 *= keep6;

    let seen7 = (columns < vec4<u32>(end7)) & seen;
    s7 = select(vec4<f32>(-3.4028234e38), s7 * unitScale, seen7);
    let peak7 = max(top7, highest(max(max(s7.x, s7.y), max(s7.z, s7.w))));
    let keep7 = exp2(top7 - peak7);
    let p7 = select(vec4<f32>(0.0), exp2(s7 - peak7), seen7);
    total7 = total7 * keep7 + ((p7.x + p7.y) + (p7.z + p7.w));
    top7 = peak7;
    sum7_0 *= keep7;
    sum7_1 *= keep7;

    let seen8 = (columns < vec4<u32>(end8)) & seen;
    s8 = select(vec4<f32>(-3.4028234e38), s8 * unitScale, seen8);
    let peak8 = max(top8, highest(max(max(s8.x, s8.y), max(s8.z, s8.w))));
    let keep8 = exp2(top8 - peak8);
    let p8 = select(vec4<f32>(0.0), exp2(s8 - peak8), seen8);
    total8 = total8 * keep8 + ((p8.x + p8.y) + (p8.z + p8.w));
    top8 = peak8;
    sum8_0 *= keep8;
    sum8_1 *= keep8;

    let seen9 = (columns < vec4<u32>(end9)) & seen;
    s9 = select(vec4<f32>(-3.4028234e38), s9 * unitScale, seen9);
    let peak9 = max(top9, highest(max(max(s9.x, s9.y), max(s9.z, s9.w))));
    let keep9 = exp2(top9 - peak9);
    let p9 = select(vec4<f32>(0.0), exp2(s9 - peak9), seen9);
    total9 = total9 * keep9 + ((p9.x + p9.y) + (p9.z + p9.w));
    top9 = peak9;
    sum9_0 *= keep9;
    sum9_1 *= keep9;

    let seen10 = (columns < vec4<u32>(end10)) & seen;
    s10 = select(vec4<f32>(-3.4028234e38), s10 * unitScale, seen10);
    let peak10 = max(top10, highest(max(max(s10.x, s10.y), max(s10.z, s10.w))));
    let keep10 = exp2(top10 - peak10);
    let p10 = select(vec4<f32>(0.0), exp2(s10 - peak10), seen10);
    total10 = total10 * keep10 + ((p10.x + p10.y) + (p10.z + p10.w));
    top10 = peak10;
    sum10_0 *= keep10;
    sum10_1 *= keep10;

    let seen11 = (columns < vec4<u32>(end11)) & seen;
    s11 = select(vec4<f32>(-3.4028234e38), s11 * unitScale, seen11);
    let peak11 = max(top11, highest(max(max(s11.x, s11.y), max(s11.z, s11.w))));
    let keep11 = exp2(top11 - peak11);
    let p11 = select(vec4<f32>(0.0), exp2(s11 - peak11), seen11);
    total11 = total11 * keep11 + ((p11.x + p11.y) + (p11.z + p11.w));
    top11 = peak11;
    sum11_0 *= keep11;
    sum11_1 *= keep11;

    let seen12 = (columns < vec4<u32>(end12)) & seen;
    s12 = select(vec4<f32>(-3.4028234e38), s12 * unitScale, seen12);
    let peak12 = max(top12, highest(max(max(s12.x, s12.y), max(s12.z, s12.w))));
    let keep12 = exp2(top12 - peak12);
    let p12 = select(vec4<f32>(0.0), exp2(s12 - peak12), seen12);
    total12 = total12 * keep12 + ((p12.x + p12.y) + (p12.z + p12.w));
    top12 = peak12;
    sum12_0 *= keep12;
    sum12_1 *= keep12;

    let seen13 = (columns < vec4<u32>(end13)) & seen;
    s13 = select(vec4<f32>(-3.4028234e38), s13 * unitScale, seen13);
    let peak13 = max(top13, highest(max(max(s13.x, s13.y), max(s13.z, s13.w))));
    let keep13 = exp2(top13 - peak13);
    let p13 = select(vec4<f32>(0.0), exp2(s13 - peak13), seen13);
    total13 = total13 * keep13 + ((p13.x + p13.y) + (p13.z + p13.w));
    top13 = peak13;
    sum13_0 *= keep13;
    sum13_1 *= keep13;

    let seen14 = (columns < vec4<u32>(end14)) & seen;
    s14 = select(vec4<f32>(-3.4028234e38), s14 * unitScale, seen14);
    let peak14 = max(top14, highest(max(max(s14.x, s14.y), max(s14.z, s14.w))));
    let keep14 = exp2(top14 - peak14);
    let p14 = select(vec4<f32>(0.0), exp2(s14 - peak14), seen14);
    total14 = total14 * keep14 + ((p14.x + p14.y) + (p14.z + p14.w));
    top14 = peak14;
    sum14_0 *= keep14;
    sum14_1 *= keep14;

    let seen15 = (columns < vec4<u32>(end15)) & seen;
    s15 = select(vec4<f32>(-3.4028234e38), s15 * unitScale, seen15);
    let peak15 = max(top15, highest(max(max(s15.x, s15.y), max(s15.z, s15.w))));
    let keep15 = exp2(top15 - peak15);
    let p15 = select(vec4<f32>(0.0), exp2(s15 - peak15), seen15);
    total15 = total15 * keep15 + ((p15.x + p15.y) + (p15.z + p15.w));
    top15 = peak15;
    sum15_0 *= keep15;
    sum15_1 *= keep15;
    let used = min(LANES * 4u, end - block + 1u) / 2u;

    for (var step = 0u; step < used; step++) {
      let source = step / 2u;
      let column = block + source * 4u + step % 2u * 2u;
      let at0 = columnBase + min(column + 0u, last) * columnStride;
      let at1 = columnBase + min(column + 1u, last) * columnStride;
      let v0_0 = v[at0 + quad0];
      let v0_1 = v[at0 + quad1];
      let v1_0 = v[at1 + quad0];
      let v1_1 = v[at1 + quad1];
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

  // A query that sees no key gets zeros.
  var logSum = 0.0;
  let all0 = summed(total0);
  logSum = select(logSum, top0 + log2(all0), lane == 0u && all0 > 0.0);
  sum0_0 /= select(1.0, all0, all0 > 0.0);
  sum0_1 /= select(1.0, all0, all0 > 0.0);
  let all1 = summed(total1);
  logSum = select(logSum, top1 + log2(all1), lane == 1u && all1 > 0.0);
  sum1_0 /= select(1.0, all1, all1 > 0.0);
  sum1_1 /= select(1.0, all1, all1 > 0.0);
  let all2 = summed(total2);
  logSum = select(logSum, top2 + log2(all2), lane == 2u && all2 > 0.0);
  sum2_0 /= select(1.0, all2, all2 > 0.0);
  sum2_1 /= select(1.0, all2, all2 > 0.0);
  let all3 = summed(total3);
  logSum = select(logSum, top3 + log2(all3), lane == 3u && all3 > 0.0);
  sum3_0 /= select(1.0, all3, all3 > 0.0);
  sum3_1 /= select(1.0, all3, all3 > 0.0);
  let all4 = summed(total4);
  logSum = select(logSum, top4 + log2(all4), lane == 4u && all4 > 0.0);
  sum4_0 /= select(1.0, all4, all4 > 0.0);
  sum4_1 /= select(1.0, all4, all4 > 0.0);
  let all5 = summed(total5);
  logSum = select(logSum, top5 + log2(all5), lane == 5u && all5 > 0.0);
  sum5_0 /= select(1.0, all5, all5 > 0.0);
  sum5_1 /= select(1.0, all5, all5 > 0.0);
  let all6 = summed(total6);
  logSum = select(logSum, top6 + log2(all6), lane == 6u && all6 > 0.0);
  sum6_0 /= select(1.0, all6, all6 > 0.0);
  sum6_1 /= select(1.0, all6, all6 > 0.0);
  let all7 = summed(total7);
  logSum = select(logSum, top7 + log2(all7), lane == 7u && all7 > 0.0);
  sum7_0 /= select(1.0, all7, all7 > 0.0);
  sum7_1 /= select(1.0, all7, all7 > 0.0);
  if (lane < ROWS && first + 0u + lane < count) {
    lse[stat + first + 0u + lane] = logSum;
  }
  logSum = 0.0;
  let all8 = summed(total8);
  logSum = select(logSum, top8 + log2(all8), lane == 0u && all8 > 0.0);
  sum8_0 /= select(1.0, all8, all8 > 0.0);
  sum8_1 /= select(1.0, all8, all8 > 0.0);
  let all9 = summed(total9);
  logSum = select(logSum, top9 + log2(all9), lane == 1u && all9 > 0.0);
  sum9_0 /= select(1.0, all9, all9 > 0.0);
  sum9_1 /= select(1.0, all9, all9 > 0.0);
  let all10 = summed(total10);
  logSum = select(logSum, top10 + log2(all10), lane == 2u && all10 > 0.0);
  sum10_0 /= select(1.0, all10, all10 > 0.0);
  sum10_1 /= select(1.0, all10, all10 > 0.0);
  let all11 = summed(total11);
  logSum = select(logSum, top11 + log2(all11), lane == 3u && all11 > 0.0);
  sum11_0 /= select(1.0, all11, all11 > 0.0);
  sum11_1 /= select(1.0, all11, all11 > 0.0);
  let all12 = summed(total12);
  logSum = select(logSum, top12 + log2(all12), lane == 4u && all12 > 0.0);
  sum12_0 /= select(1.0, all12, all12 > 0.0);
  sum12_1 /= select(1.0, all12, all12 > 0.0);
  let all13 = summed(total13);
  logSum = select(logSum, top13 + log2(all13), lane == 5u && all13 > 0.0);
  sum13_0 /= select(1.0, all13, all13 > 0.0);
  sum13_1 /= select(1.0, all13, all13 > 0.0);
  let all14 = summed(total14);
  logSum = select(logSum, top14 + log2(all14), lane == 6u && all14 > 0.0);
  sum14_0 /= select(1.0, all14, all14 > 0.0);
  sum14_1 /= select(1.0, all14, all14 > 0.0);
  let all15 = summed(total15);
  logSum = select(logSum, top15 + log2(all15), lane == 7u && all15 > 0.0);
  sum15_0 /= select(1.0, all15, all15 > 0.0);
  sum15_1 /= select(1.0, all15, all15 > 0.0);
  if (lane < ROWS && first + 8u + lane < count) {
    lse[stat + first + 8u + lane] = logSum;
  }
  logSum = 0.0;
  if (first + 0u < count) {
    if (lane < params.quads) { y[rowBase + (first + 0u) * rowStride + lane] = sum0_0; }
    if (lane + 8u < params.quads) { y[rowBase + (first + 0u) * rowStride + lane + 8u] = sum0_1; }
  }
  if (first + 1u < count) {
    if (lane < params.quads) { y[rowBase + (first + 1u) * rowStride + lane] = sum1_0; }
    if (lane + 8u < params.quads) { y[rowBase + (first + 1u) * rowStride + lane + 8u] = sum1_1; }
  }
  if (first + 2u < count) {
    if (lane < params.quads) { y[rowBase + (first + 2u) * rowStride + lane] = sum2_0; }
    if (lane + 8u < params.quads) { y[rowBase + (first + 2u) * rowStride + lane + 8u] = sum2_1; }
  }
  if (first + 3u < count) {
    if (lane < params.quads) { y[rowBase + (first + 3u) * rowStride + lane] = sum3_0; }
    if (lane + 8u < params.quads) { y[rowBase + (first + 3u) * rowStride + lane + 8u] = sum3_1; }
  }
  if (first + 4u < count) {
    if (lane < params.quads) { y[rowBase + (first + 4u) * rowStride + lane] = sum4_0; }
    if (lane + 8u < params.quads) { y[rowBase + (first + 4u) * rowStride + lane + 8u] = sum4_1; }
  }
  if (first + 5u < count) {
    if (lane < params.quads) { y[rowBase + (first + 5u) * rowStride + lane] = sum5_0; }
    if (lane + 8u < params.quads) { y[rowBase + (first + 5u) * rowStride + lane + 8u] = sum5_1; }
  }
  if (first + 6u < count) {
    if (lane < params.quads) { y[rowBase + (first + 6u) * rowStride + lane] = sum6_0; }
    if (lane + 8u < params.quads) { y[rowBase + (first + 6u) * rowStride + lane + 8u] = sum6_1; }
  }
  if (first + 7u < count) {
    if (lane < params.quads) { y[rowBase + (first + 7u) * rowStride + lane] = sum7_0; }
    if (lane + 8u < params.quads) { y[rowBase + (first + 7u) * rowStride + lane + 8u] = sum7_1; }
  }
  if (first + 8u < count) {
    if (lane < params.quads) { y[rowBase + (first + 8u) * rowStride + lane] = sum8_0; }
    if (lane + 8u < params.quads) { y[rowBase + (first + 8u) * rowStride + lane + 8u] = sum8_1; }
  }
  if (first + 9u < count) {
    if (lane < params.quads) { y[rowBase + (first + 9u) * rowStride + lane] = sum9_0; }
    if (lane + 8u < params.quads) { y[rowBase + (first + 9u) * rowStride + lane + 8u] = sum9_1; }
  }
  if (first + 10u < count) {
    if (lane < params.quads) { y[rowBase + (first + 10u) * rowStride + lane] = sum10_0; }
    if (lane + 8u < params.quads) { y[rowBase + (first + 10u) * rowStride + lane + 8u] = sum10_1; }
  }
  if (first + 11u < count) {
    if (lane < params.quads) { y[rowBase + (first + 11u) * rowStride + lane] = sum11_0; }
    if (lane + 8u < params.quads) { y[rowBase + (first + 11u) * rowStride + lane + 8u] = sum11_1; }
  }
  if (first + 12u < count) {
    if (lane < params.quads) { y[rowBase + (first + 12u) * rowStride + lane] = sum12_0; }
    if (lane + 8u < params.quads) { y[rowBase + (first + 12u) * rowStride + lane + 8u] = sum12_1; }
  }
  if (first + 13u < count) {
    if (lane < params.quads) { y[rowBase + (first + 13u) * rowStride + lane] = sum13_0; }
    if (lane + 8u < params.quads) { y[rowBase + (first + 13u) * rowStride + lane + 8u] = sum13_1; }
  }
  if (first + 14u < count) {
    if (lane < params.quads) { y[rowBase + (first + 14u) * rowStride + lane] = sum14_0; }
    if (lane + 8u < params.quads) { y[rowBase + (first + 14u) * rowStride + lane + 8u] = sum14_1; }
  }
  if (first + 15u < count) {
    if (lane < params.quads) { y[rowBase + (first + 15u) * rowStride + lane] = sum15_0; }
    if (lane + 8u < params.quads) { y[rowBase + (first + 15u) * rowStride + lane + 8u] = sum15_1; }
  }
}
