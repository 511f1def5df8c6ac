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
@group(0) @binding(3) var<storage, read> y: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> lse: array<f32>;
@group(0) @binding(6) var<storage, read_write> dq: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read_write> delta: array<f32>;
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
  var product = vec4<f32>(0.0);
  for (var d = 0u; d < params.quads; d++) { product += y[rowAt + d] * dy[rowAt + d]; }
  let mineDelta = (product.x + product.y) + (product.z + product.w);
  if (lane < 8u && first + lane < count) { delta[stat + first + lane] = mineDelta; }
  let mineLse = lse[stat + mineRow];
  let end0 = keysOf(first + 0u);
  let lse0 = subgroupBroadcast(mineLse, 0u);
  let delta0 = subgroupBroadcast(mineDelta, 0u);
  let end1 = keysOf(first + 1u);
  let lse1 = subgroupBroadcast(mineLse, 1u);
  let delta1 = subgroupBroadcast(mineDelta, 1u);
  let end2 = keysOf(first + 2u);
  let lse2 = subgroupBroadcast(mineLse, 2u);
  let delta2 = subgroupBroadcast(mineDelta, 2u);
  let end3 = keysOf(first + 3u);
  let lse3 = subgroupBroadcast(mineLse, 3u);
  let delta3 = subgroupBroadcast(mineDelta, 3u);
  let end4 = keysOf(first + 4u);
  let lse4 = subgroupBroadcast(mineLse, 4u);
  let delta4 = subgroupBroadcast(mineDelta, 4u);
  let end5 = keysOf(first + 5u);
  let lse5 = subgroupBroadcast(mineLse, 5u);
  let delta5 = subgroupBroadcast(mineDelta, 5u);
  let end6 = keysOf(first + 6u);
  let lse6 = subgroupBroadcast(mineLse, 6u);
  let delta6 = subgroupBroadcast(mineDelta, 6u);
  let end7 = keysOf(first + 7u);
  let lse7 = subgroupBroadcast(mineLse, 7u);
  let delta7 = subgroupBroadcast(mineDelta, 7u);
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

    var t0 = vec4<f32>(0.0);
    var t1 = vec4<f32>(0.0);
    var t2 = vec4<f32>(0.0);
    var t3 = vec4<f32>(0.0);
    var t4 = vec4<f32>(0.0);
    var t5 = vec4<f32>(0.0);
    var t6 = vec4<f32>(0.0);
    var t7 = vec4<f32>(0.0);
    for (var d = 0u; d < params.quads; d++) {
      let mine = dy[rowAt + d];
      let c0 = v[columnAt.x + d];
      let c1 = v[columnAt.y + d];
      let c2 = v[columnAt.z + d];
      let c3 = v[columnAt.w + d];
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
    let p0 = select(vec4<f32>(0.0), exp2(s0 * unitScale - lse0), columns < vec4<u32>(end0));
    let ds0 = p0 * (t0 - delta0);
    let p1 = select(vec4<f32>(0.0), exp2(s1 * unitScale - lse1), columns < vec4<u32>(end1));
    let ds1 = p1 * (t1 - delta1);
    let p2 = select(vec4<f32>(0.0), exp2(s2 * unitScale - lse2), columns < vec4<u32>(end2));
    let ds2 = p2 * (t2 - delta2);
    let p3 = select(vec4<f32>(0.0), exp2(s3 * unitScale - lse3), columns < vec4<u32>(end3));
    let ds3 = p3 * (t3 - delta3);
    let p4 = select(vec4<f32>(0.0), exp2(s4 * unitScale - lse4), columns < vec4<u32>(end4));
    let ds4 = p4 * (t4 - delta4);
    let p5 = select(vec4<f32>(0.0), exp2(s5 * unitScale - lse5), columns < vec4<u32>(end5));
    let ds5 = p5 * (t5 - delta5);
    let p6 = select(vec4<f32>(0.0), exp2(s6 * unitScale - lse6), columns < vec4<u32>(end6));
    let ds6 = p6 * (t6 - delta6);
    let p7 = select(vec4<f32>(0.0), exp2(s7 * unitScale - lse7), columns < vec4<u32>(end7));
    let ds7 = p7 * (t7 - delta7);
    let used = min(LANES, (end - block + 3u) / 4u);

    for (var j = 0u; j < used; j++) {
      let at = columnBase + min(block + j * 4u + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(last)) * columnStride;
      let v0_0 = k[at.x + quad0];
      let v0_1 = k[at.x + quad1];
      let v1_0 = k[at.y + quad0];
      let v1_1 = k[at.y + quad1];
      let v2_0 = k[at.z + quad0];
      let v2_1 = k[at.z + quad1];
      let v3_0 = k[at.w + quad0];
      let v3_1 = k[at.w + quad1];
      let w0 = subgroupShuffle(ds0, j);
      sum0_0 += w0.x * v0_0 + w0.y * v1_0 + w0.z * v2_0 + w0.w * v3_0;
      sum0_1 += w0.x * v0_1 + w0.y * v1_1 + w0.z * v2_1 + w0.w * v3_1;
      let w1 = subgroupShuffle(ds1, j);
      sum1_0 += w1.x * v0_0 + w1.y * v1_0 + w1.z * v2_0 + w1.w * v3_0;
      sum1_1 += w1.x * v0_1 + w1.y * v1_1 + w1.z * v2_1 + w1.w * v3_1;
      let w2 = subgroupShuffle(ds2, j);
      sum2_0 += w2.x * v0_0 + w2.y * v1_0 + w2.z * v2_0 + w2.w * v3_0;
      sum2_1 += w2.x * v0_1 + w2.y * v1_1 + w2.z * v2_1 + w2.w * v3_1;
      let w3 = subgroupShuffle(ds3, j);
      sum3_0 += w3.x * v0_0 + w3.y * v1_0 + w3.z * v2_0 + w3.w * v3_0;
      sum3_1 += w3.x * v0_1 + w3.y * v1_1 + w3.z * v2_1 + w3.w * v3_1;
      let w4 = subgroupShuffle(ds4, j);
      sum4_0 += w4.x * v0_0 + w4.y * v1_0 + w4.z * v2_0 + w4.w * v3_0;
      sum4_1 += w4.x * v0_1 + w4.y * v1_1 + w4.z * v2_1 + w4.w * v3_1;
      let w5 = subgroupShuffle(ds5, j);
      sum5_0 += w5.x * v0_0 + w5.y * v1_0 + w5.z * v2_0 + w5.w * v3_0;
      sum5_1 += w5.x * v0_1 + w5.y * v1_1 + w5.z * v2_1 + w5.w * v3_1;
      let w6 = subgroupShuffle(ds6, j);
      sum6_0 += w6.x * v0_0 + w6.y * v1_0 + w6.z * v2_0 + w6.w * v3_0;
      sum6_1 += w6.x * v0_1 + w6.y * v1_1 + w6.z * v2_1 + w6.w * v3_1;
      let w7 = subgroupShuffle(ds7, j);
      sum7_0 += w7.x * v0_0 + w7.y * v1_0 + w7.z * v2_0 + w7.w * v3_0;
      sum7_1 += w7.x * v0_1 + w7.y * v1_1 + w7.z * v2_1 + w7.w * v3_1;
    }
  }

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
    if (lane + 0u < params.quads) { dq[at + 0u] = out0 * params.scale; }
    var out1 = sum0_1;
    out1 = select(out1, sum1_1, row == 1u);
    out1 = select(out1, sum2_1, row == 2u);
    out1 = select(out1, sum3_1, row == 3u);
    out1 = select(out1, sum4_1, row == 4u);
    out1 = select(out1, sum5_1, row == 5u);
    out1 = select(out1, sum6_1, row == 6u);
    out1 = select(out1, sum7_1, row == 7u);
    if (lane + 8u < params.quads) { dq[at + 8u] = out1 * params.scale; }
  }
}
