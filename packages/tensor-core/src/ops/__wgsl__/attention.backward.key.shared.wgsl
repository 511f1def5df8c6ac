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
@group(0) @binding(3) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> lse: array<f32>;
@group(0) @binding(5) var<storage, read> delta: array<f32>;
@group(0) @binding(6) var<storage, read_write> dk: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read_write> dv: array<vec4<f32>>;
@group(0) @binding(8) var<uniform> params: Params;
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


@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(subgroup_invocation_id) lane: u32) {
  let unit = flatGroup(wid, nwg);
  if (unit >= params.units) { return; }
  let count = params.keys;
  let blocks = (count + 7u) / 8u;
  let first = (unit % blocks) * 8u;
  let keyHead = (unit / blocks) % params.keyHeads;
  let batch = unit / blocks / params.keyHeads;
  let rowStride = params.keyHeads * params.quads;
  let rowBase = batch * count * rowStride + keyHead * params.quads;
  let columnStride = params.heads * params.quads;
  let last = params.tokens - 1u;

  let mineRow = min(first + lane % 8u, count - 1u);
  let rowAt = rowBase + mineRow * rowStride;
  let quad0 = min(lane + 0u, params.quads - 1u);
  let quad1 = min(lane + 8u, params.quads - 1u);
  // Scores are kept in units of log 2, for exp2.
  let unitScale = params.scale * 1.4426950408889634;
  var keySum0_0 = vec4<f32>(0.0);
  var keySum0_1 = vec4<f32>(0.0);
  var keySum1_0 = vec4<f32>(0.0);
  var keySum1_1 = vec4<f32>(0.0);
  var keySum2_0 = vec4<f32>(0.0);
  var keySum2_1 = vec4<f32>(0.0);
  var keySum3_0 = vec4<f32>(0.0);
  var keySum3_1 = vec4<f32>(0.0);
  var keySum4_0 = vec4<f32>(0.0);
  var keySum4_1 = vec4<f32>(0.0);
  var keySum5_0 = vec4<f32>(0.0);
  var keySum5_1 = vec4<f32>(0.0);
  var keySum6_0 = vec4<f32>(0.0);
  var keySum6_1 = vec4<f32>(0.0);
  var keySum7_0 = vec4<f32>(0.0);
  var keySum7_1 = vec4<f32>(0.0);
  var valueSum0_0 = vec4<f32>(0.0);
  var valueSum0_1 = vec4<f32>(0.0);
  var valueSum1_0 = vec4<f32>(0.0);
  var valueSum1_1 = vec4<f32>(0.0);
  var valueSum2_0 = vec4<f32>(0.0);
  var valueSum2_1 = vec4<f32>(0.0);
  var valueSum3_0 = vec4<f32>(0.0);
  var valueSum3_1 = vec4<f32>(0.0);
  var valueSum4_0 = vec4<f32>(0.0);
  var valueSum4_1 = vec4<f32>(0.0);
  var valueSum5_0 = vec4<f32>(0.0);
  var valueSum5_1 = vec4<f32>(0.0);
  var valueSum6_0 = vec4<f32>(0.0);
  var valueSum6_1 = vec4<f32>(0.0);
  var valueSum7_0 = vec4<f32>(0.0);
  var valueSum7_1 = vec4<f32>(0.0);
  let start0 = firstQueryOf(first + 0u);
  let start1 = firstQueryOf(first + 1u);
  let start2 = firstQueryOf(first + 2u);
  let start3 = firstQueryOf(first + 3u);
  let start4 = firstQueryOf(first + 4u);
  let start5 = firstQueryOf(first + 5u);
  let start6 = firstQueryOf(first + 6u);
  let start7 = firstQueryOf(first + 7u);
  for (var g = 0u; g < params.group; g++) {
    let head = keyHead * params.group + g;
    let columnBase = batch * params.tokens * columnStride + head * params.quads;
    let stat = (batch * params.heads + head) * params.tokens;
    for (var block = start0; block < params.tokens; block += LANES * 4u) {

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
      let mine = k[rowAt + d];
      let c0 = q[columnAt.x + d];
      let c1 = q[columnAt.y + d];
      let c2 = q[columnAt.z + d];
      let c3 = q[columnAt.w + d];
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

    var t0 = vec4<f32>(0.0);
    var t1 = vec4<f32>(0.0);
    var t2 = vec4<f32>(0.0);
    var t3 = vec4<f32>(0.0);
    var t4 = vec4<f32>(0.0);
    var t5 = vec4<f32>(0.0);
    var t6 = vec4<f32>(0.0);
    var t7 = vec4<f32>(0.0);
    for (var d = 0u; d < params.quads; d++) {
      let mine = v[rowAt + d];
      let c0 = dy[columnAt.x + d];
      let c1 = dy[columnAt.y + d];
      let c2 = dy[columnAt.z + d];
      let c3 = dy[columnAt.w + d];
      let b0 = vec4<f32>(c0.x, c1.x, c2.x, c3.x);
      let b1 = vec4<f32>(c0.y, c1.y, c2.y, c3.y);
      let b2 = vec4<f32>(c0.z, c1.z, c2.z, c3.z);
      let b3 = vec4<f32>(c0.w, c1.w, c2.w, c3.w);
      t0 += subgroupBroadcast(mine.x, 0u) * b0;
      t0 += subgroupBroadcast(mine.y, 0u) * b1;
      t0 += subgroupBroadcast(mine.z, 0u) * b2;
      t0 += subgroupBroadcast(mine.w, 0u) * b3;
      t1 += subgroupBroadcast(mine.x, 1u) * b0;
      t1 += subgroupBroadcast(mine.y, 1u) * b1;
      t1 += subgroupBroadcast(mine.z, 1u) * b2;
      t1 += subgroupBroadcast(mine.w, 1u) * b3;
      t2 += subgroupBroadcast(mine.x, 2u) * b0;
      t2 += subgroupBroadcast(mine.y, 2u) * b1;
      t2 += subgroupBroadcast(mine.z, 2u) * b2;
      t2 += subgroupBroadcast(mine.w, 2u) * b3;
      t3 += subgroupBroadcast(mine.x, 3u) * b0;
      t3 += subgroupBroadcast(mine.y, 3u) * b1;
      t3 += subgroupBroadcast(mine.z, 3u) * b2;
      t3 += subgroupBroadcast(mine.w, 3u) * b3;
      t4 += subgroupBroadcast(mine.x, 4u) * b0;
      t4 += subgroupBroadcast(mine.y, 4u) * b1;
      t4 += subgroupBroadcast(mine.z, 4u) * b2;
      t4 += subgroupBroadcast(mine.w, 4u) * b3;
      t5 += subgroupBroadcast(mine.x, 5u) * b0;
      t5 += subgroupBroadcast(mine.y, 5u) * b1;
      t5 += subgroupBroadcast(mine.z, 5u) * b2;
      t5 += subgroupBroadcast(mine.w, 5u) * b3;
      t6 += subgroupBroadcast(mine.x, 6u) * b0;
      t6 += subgroupBroadcast(mine.y, 6u) * b1;
      t6 += subgroupBroadcast(mine.z, 6u) * b2;
      t6 += subgroupBroadcast(mine.w, 6u) * b3;
      t7 += subgroupBroadcast(mine.x, 7u) * b0;
      t7 += subgroupBroadcast(mine.y, 7u) * b1;
      t7 += subgroupBroadcast(mine.z, 7u) * b2;
      t7 += subgroupBroadcast(mine.w, 7u) * b3;
    }
    let at = stat + clamped;
    let lses = vec4<f32>(lse[at.x], lse[at.y], lse[at.z], lse[at.w]);
    let deltas = vec4<f32>(delta[at.x], delta[at.y], delta[at.z], delta[at.w]);
    let inside = columns <= vec4<u32>(last);
    let p0 = select(vec4<f32>(0.0), exp2(s0 * unitScale - lses), inside & (columns >= vec4<u32>(start0)));
    let ds0 = p0 * (t0 - deltas);
    let p1 = select(vec4<f32>(0.0), exp2(s1 * unitScale - lses), inside & (columns >= vec4<u32>(start1)));
    let ds1 = p1 * (t1 - deltas);
    let p2 = select(vec4<f32>(0.0), exp2(s2 * unitScale - lses), inside & (columns >= vec4<u32>(start2)));
    let ds2 = p2 * (t2 - deltas);
    let p3 = select(vec4<f32>(0.0), exp2(s3 * unitScale - lses), inside & (columns >= vec4<u32>(start3)));
    let ds3 = p3 * (t3 - deltas);
    let p4 = select(vec4<f32>(0.0), exp2(s4 * unitScale - lses), inside & (columns >= vec4<u32>(start4)));
    let ds4 = p4 * (t4 - deltas);
    let p5 = select(vec4<f32>(0.0), exp2(s5 * unitScale - lses), inside & (columns >= vec4<u32>(start5)));
    let ds5 = p5 * (t5 - deltas);
    let p6 = select(vec4<f32>(0.0), exp2(s6 * unitScale - lses), inside & (columns >= vec4<u32>(start6)));
    let ds6 = p6 * (t6 - deltas);
    let p7 = select(vec4<f32>(0.0), exp2(s7 * unitScale - lses), inside & (columns >= vec4<u32>(start7)));
    let ds7 = p7 * (t7 - deltas);
    let used = min(LANES, (params.tokens - block + 3u) / 4u);

    for (var j = 0u; j < used; j++) {
      let at = columnBase + min(block + j * 4u + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(last)) * columnStride;
      let v0_0 = dy[at.x + quad0];
      let v0_1 = dy[at.x + quad1];
      let v1_0 = dy[at.y + quad0];
      let v1_1 = dy[at.y + quad1];
      let v2_0 = dy[at.z + quad0];
      let v2_1 = dy[at.z + quad1];
      let v3_0 = dy[at.w + quad0];
      let v3_1 = dy[at.w + quad1];
      let w0 = subgroupShuffle(p0, j);
      valueSum0_0 += w0.x * v0_0 + w0.y * v1_0 + w0.z * v2_0 + w0.w * v3_0;
      valueSum0_1 += w0.x * v0_1 + w0.y * v1_1 + w0.z * v2_1 + w0.w * v3_1;
      let w1 = subgroupShuffle(p1, j);
      valueSum1_0 += w1.x * v0_0 + w1.y * v1_0 + w1.z * v2_0 + w1.w * v3_0;
      valueSum1_1 += w1.x * v0_1 + w1.y * v1_1 + w1.z * v2_1 + w1.w * v3_1;
      let w2 = subgroupShuffle(p2, j);
      valueSum2_0 += w2.x * v0_0 + w2.y * v1_0 + w2.z * v2_0 + w2.w * v3_0;
      valueSum2_1 += w2.x * v0_1 + w2.y * v1_1 + w2.z * v2_1 + w2.w * v3_1;
      let w3 = subgroupShuffle(p3, j);
      valueSum3_0 += w3.x * v0_0 + w3.y * v1_0 + w3.z * v2_0 + w3.w * v3_0;
      valueSum3_1 += w3.x * v0_1 + w3.y * v1_1 + w3.z * v2_1 + w3.w * v3_1;
      let w4 = subgroupShuffle(p4, j);
      valueSum4_0 += w4.x * v0_0 + w4.y * v1_0 + w4.z * v2_0 + w4.w * v3_0;
      valueSum4_1 += w4.x * v0_1 + w4.y * v1_1 + w4.z * v2_1 + w4.w * v3_1;
      let w5 = subgroupShuffle(p5, j);
      valueSum5_0 += w5.x * v0_0 + w5.y * v1_0 + w5.z * v2_0 + w5.w * v3_0;
      valueSum5_1 += w5.x * v0_1 + w5.y * v1_1 + w5.z * v2_1 + w5.w * v3_1;
      let w6 = subgroupShuffle(p6, j);
      valueSum6_0 += w6.x * v0_0 + w6.y * v1_0 + w6.z * v2_0 + w6.w * v3_0;
      valueSum6_1 += w6.x * v0_1 + w6.y * v1_1 + w6.z * v2_1 + w6.w * v3_1;
      let w7 = subgroupShuffle(p7, j);
      valueSum7_0 += w7.x * v0_0 + w7.y * v1_0 + w7.z * v2_0 + w7.w * v3_0;
      valueSum7_1 += w7.x * v0_1 + w7.y * v1_1 + w7.z * v2_1 + w7.w * v3_1;
    }

    for (var j = 0u; j < used; j++) {
      let at = columnBase + min(block + j * 4u + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(last)) * columnStride;
      let v0_0 = q[at.x + quad0];
      let v0_1 = q[at.x + quad1];
      let v1_0 = q[at.y + quad0];
      let v1_1 = q[at.y + quad1];
      let v2_0 = q[at.z + quad0];
      let v2_1 = q[at.z + quad1];
      let v3_0 = q[at.w + quad0];
      let v3_1 = q[at.w + quad1];
      let w0 = subgroupShuffle(ds0, j);
      keySum0_0 += w0.x * v0_0 + w0.y * v1_0 + w0.z * v2_0 + w0.w * v3_0;
      keySum0_1 += w0.x * v0_1 + w0.y * v1_1 + w0.z * v2_1 + w0.w * v3_1;
      let w1 = subgroupShuffle(ds1, j);
      keySum1_0 += w1.x * v0_0 + w1.y * v1_0 + w1.z * v2_0 + w1.w * v3_0;
      keySum1_1 += w1.x * v0_1 + w1.y * v1_1 + w1.z * v2_1 + w1.w * v3_1;
      let w2 = subgroupShuffle(ds2, j);
      keySum2_0 += w2.x * v0_0 + w2.y * v1_0 + w2.z * v2_0 + w2.w * v3_0;
      keySum2_1 += w2.x * v0_1 + w2.y * v1_1 + w2.z * v2_1 + w2.w * v3_1;
      let w3 = subgroupShuffle(ds3, j);
      keySum3_0 += w3.x * v0_0 + w3.y * v1_0 + w3.z * v2_0 + w3.w * v3_0;
      keySum3_1 += w3.x * v0_1 + w3.y * v1_1 + w3.z * v2_1 + w3.w * v3_1;
      let w4 = subgroupShuffle(ds4, j);
      keySum4_0 += w4.x * v0_0 + w4.y * v1_0 + w4.z * v2_0 + w4.w * v3_0;
      keySum4_1 += w4.x * v0_1 + w4.y * v1_1 + w4.z * v2_1 + w4.w * v3_1;
      let w5 = subgroupShuffle(ds5, j);
      keySum5_0 += w5.x * v0_0 + w5.y * v1_0 + w5.z * v2_0 + w5.w * v3_0;
      keySum5_1 += w5.x * v0_1 + w5.y * v1_1 + w5.z * v2_1 + w5.w * v3_1;
      let w6 = subgroupShuffle(ds6, j);
      keySum6_0 += w6.x * v0_0 + w6.y * v1_0 + w6.z * v2_0 + w6.w * v3_0;
      keySum6_1 += w6.x * v0_1 + w6.y * v1_1 + w6.z * v2_1 + w6.w * v3_1;
      let w7 = subgroupShuffle(ds7, j);
      keySum7_0 += w7.x * v0_0 + w7.y * v1_0 + w7.z * v2_0 + w7.w * v3_0;
      keySum7_1 += w7.x * v0_1 + w7.y * v1_1 + w7.z * v2_1 + w7.w * v3_1;
    }
    }
  }

  for (var row = 0u; row < min(8u, count - first); row++) {
    let at = rowBase + (first + row) * rowStride + lane;
    var out0 = keySum0_0;
    out0 = select(out0, keySum1_0, row == 1u);
    out0 = select(out0, keySum2_0, row == 2u);
    out0 = select(out0, keySum3_0, row == 3u);
    out0 = select(out0, keySum4_0, row == 4u);
    out0 = select(out0, keySum5_0, row == 5u);
    out0 = select(out0, keySum6_0, row == 6u);
    out0 = select(out0, keySum7_0, row == 7u);
    if (lane + 0u < params.quads) { dk[at + 0u] = out0 * params.scale; }
    var out1 = keySum0_1;
    out1 = select(out1, keySum1_1, row == 1u);
    out1 = select(out1, keySum2_1, row == 2u);
    out1 = select(out1, keySum3_1, row == 3u);
    out1 = select(out1, keySum4_1, row == 4u);
    out1 = select(out1, keySum5_1, row == 5u);
    out1 = select(out1, keySum6_1, row == 6u);
    out1 = select(out1, keySum7_1, row == 7u);
    if (lane + 8u < params.quads) { dk[at + 8u] = out1 * params.scale; }
  }

  for (var row = 0u; row < min(8u, count - first); row++) {
    let at = rowBase + (first + row) * rowStride + lane;
    var out0 = valueSum0_0;
    out0 = select(out0, valueSum1_0, row == 1u);
    out0 = select(out0, valueSum2_0, row == 2u);
    out0 = select(out0, valueSum3_0, row == 3u);
    out0 = select(out0, valueSum4_0, row == 4u);
    out0 = select(out0, valueSum5_0, row == 5u);
    out0 = select(out0, valueSum6_0, row == 6u);
    out0 = select(out0, valueSum7_0, row == 7u);
    if (lane + 0u < params.quads) { dv[at + 0u] = out0 * 1.0; }
    var out1 = valueSum0_1;
    out1 = select(out1, valueSum1_1, row == 1u);
    out1 = select(out1, valueSum2_1, row == 2u);
    out1 = select(out1, valueSum3_1, row == 3u);
    out1 = select(out1, valueSum4_1, row == 4u);
    out1 = select(out1, valueSum5_1, row == 5u);
    out1 = select(out1, valueSum6_1, row == 6u);
    out1 = select(out1, valueSum7_1, row == 7u);
    if (lane + 8u < params.quads) { dv[at + 8u] = out1 * 1.0; }
  }
}
