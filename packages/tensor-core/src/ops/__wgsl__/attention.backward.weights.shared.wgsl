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
  begin: u32,
  until: u32,
  blocks: u32,
  keyQuads: u32,
  slopes: u32,
}
@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> k: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> dy: array<vec4<f32>>;
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

  let mineRow0 = min(first + lane + 0u, count - 1u);
  let rowAt0 = rowBase + mineRow0 * rowStride;
  let mineRow1 = min(first + lane + 8u, count - 1u);
  let rowAt1 = rowBase + mineRow1 * rowStride;
  let quad0 = min(lane + 0u, params.quads - 1u);

  // Scores are kept in units of log 2, for exp2.
  let unitScale = params.scale * 1.4426950408889634;
  let mineStats0 = stats[stat + mineRow0];
  let mineStats1 = stats[stat + mineRow1];
  let end0 = min(keysOf(first + 0u), endKey);
  let stats0 = subgroupBroadcast(mineStats0, 0u);
  let end1 = min(keysOf(first + 1u), endKey);
  let stats1 = subgroupBroadcast(mineStats0, 1u);
  let end2 = min(keysOf(first + 2u), endKey);
  let stats2 = subgroupBroadcast(mineStats0, 2u);
  let end3 = min(keysOf(first + 3u), endKey);
  let stats3 = subgroupBroadcast(mineStats0, 3u);
  let end4 = min(keysOf(first + 4u), endKey);
  let stats4 = subgroupBroadcast(mineStats0, 4u);
  let end5 = min(keysOf(first + 5u), endKey);
  let stats5 = subgroupBroadcast(mineStats0, 5u);
  let end6 = min(keysOf(first + 6u), endKey);
  let stats6 = subgroupBroadcast(mineStats0, 6u);
  let end7 = min(keysOf(first + 7u), endKey);
  let stats7 = subgroupBroadcast(mineStats0, 7u);
  let end8 = min(keysOf(first + 8u), endKey);
  let stats8 = subgroupBroadcast(mineStats1, 0u);
  let end9 = min(keysOf(first + 9u), endKey);
  let stats9 = subgroupBroadcast(mineStats1, 1u);
  let end10 = min(keysOf(first + 10u), endKey);
  let stats10 = subgroupBroadcast(mineStats1, 2u);
  let end11 = min(keysOf(first + 11u), endKey);
  let stats11 = subgroupBroadcast(mineStats1, 3u);
  let end12 = min(keysOf(first + 12u), endKey);
  let stats12 = subgroupBroadcast(mineStats1, 4u);
  let end13 = min(keysOf(first + 13u), endKey);
  let stats13 = subgroupBroadcast(mineStats1, 5u);
  let end14 = min(keysOf(first + 14u), endKey);
  let stats14 = subgroupBroadcast(mineStats1, 6u);
  let end15 = min(keysOf(first + 15u), endKey);
  let stats15 = subgroupBroadcast(mineStats1, 7u);
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
      let mine0 = dy[rowAt0 + d];
      let mine1 = dy[rowAt1 + d];
      let c0 = v[columnAt.x + d];
      let c1 = v[columnAt.y + d];
      let c2 = v[columnAt.z + d];
      let c3 = v[columnAt.w + d];
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

    let p0 = select(vec4<f32>(0.0), exp2(s0 * unitScale - stats0.x), (columns < vec4<u32>(end0)) & seen);
    weights[block / 4u + weightsAt + 0u * params.keyQuads] = p0;
    weights[block / 4u + weightsAt + 0u * params.keyQuads + params.slopes] = p0 * (t0 - stats0.y);

    let p1 = select(vec4<f32>(0.0), exp2(s1 * unitScale - stats1.x), (columns < vec4<u32>(end1)) & seen);
    weights[block / 4u + weightsAt + 1u * params.keyQuads] = p1;
    weights[block / 4u + weightsAt + 1u * params.keyQuads + params.slopes] = p1 * (t1 - stats1.y);

    let p2 = select(vec4<f32>(0.0), exp2(s2 * unitScale - stats2.x), (columns < vec4<u32>(end2)) & seen);
    weights[block / 4u + weightsAt + 2u * params.keyQuads] = p2;
    weights[block / 4u + weightsAt + 2u * params.keyQuads + params.slopes] = p2 * (t2 - stats2.y);

    let p3 = select(vec4<f32>(0.0), exp2(s3 * unitScale - stats3.x), (columns < vec4<u32>(end3)) & seen);
    weights[block / 4u + weightsAt + 3u * params.keyQuads] = p3;
    weights[block / 4u + weightsAt + 3u * params.keyQuads + params.slopes] = p3 * (t3 - stats3.y);

    let p4 = select(vec4<f32>(0.0), exp2(s4 * unitScale - stats4.x), (columns < vec4<u32>(end4)) & seen);
    weights[block / 4u + weightsAt + 4u * params.keyQuads] = p4;
    weights[block / 4u + weightsAt + 4u * params.keyQuads + params.slopes] = p4 * (t4 - stats4.y);

    let p5 = select(vec4<f32>(0.0), exp2(s5 * unitScale - stats5.x), (columns < vec4<u32>(end5)) & seen);
    weights[block / 4u + weightsAt + 5u * params.keyQuads] = p5;
    weights[block / 4u + weightsAt + 5u * params.keyQuads + params.slopes] = p5 * (t5 - stats5.y);

    let p6 = select(vec4<f32>(0.0), exp2(s6 * unitScale - stats6.x), (columns < vec4<u32>(end6)) & seen);
    weights[block / 4u + weightsAt + 6u * params.keyQuads] = p6;
    weights[block / 4u + weightsAt + 6u * params.keyQuads + params.slopes] = p6 * (t6 - stats6.y);

    let p7 = select(vec4<f32>(0.0), exp2(s7 * unitScale - stats7.x), (columns < vec4<u32>(end7)) & seen);
    weights[block / 4u + weightsAt + 7u * params.keyQuads] = p7;
    weights[block / 4u + weightsAt + 7u * params.keyQuads + params.slopes] = p7 * (t7 - stats7.y);

    let p8 = select(vec4<f32>(0.0), exp2(s8 * unitScale - stats8.x), (columns < vec4<u32>(end8)) & seen);
    weights[block / 4u + weightsAt + 8u * params.keyQuads] = p8;
    weights[block / 4u + weightsAt + 8u * params.keyQuads + params.slopes] = p8 * (t8 - stats8.y);

    let p9 = select(vec4<f32>(0.0), exp2(s9 * unitScale - stats9.x), (columns < vec4<u32>(end9)) & seen);
    weights[block / 4u + weightsAt + 9u * params.keyQuads] = p9;
    weights[block / 4u + weightsAt + 9u * params.keyQuads + params.slopes] = p9 * (t9 - stats9.y);

    let p10 = select(vec4<f32>(0.0), exp2(s10 * unitScale - stats10.x), (columns < vec4<u32>(end10)) & seen);
    weights[block / 4u + weightsAt + 10u * params.keyQuads] = p10;
    weights[block / 4u + weightsAt + 10u * params.keyQuads + params.slopes] = p10 * (t10 - stats10.y);

    let p11 = select(vec4<f32>(0.0), exp2(s11 * unitScale - stats11.x), (columns < vec4<u32>(end11)) & seen);
    weights[block / 4u + weightsAt + 11u * params.keyQuads] = p11;
    weights[block / 4u + weightsAt + 11u * params.keyQuads + params.slopes] = p11 * (t11 - stats11.y);

    let p12 = select(vec4<f32>(0.0), exp2(s12 * unitScale - stats12.x), (columns < vec4<u32>(end12)) & seen);
    weights[block / 4u + weightsAt + 12u * params.keyQuads] = p12;
    weights[block / 4u + weightsAt + 12u * params.keyQuads + params.slopes] = p12 * (t12 - stats12.y);

    let p13 = select(vec4<f32>(0.0), exp2(s13 * unitScale - stats13.x), (columns < vec4<u32>(end13)) & seen);
    weights[block / 4u + weightsAt + 13u * params.keyQuads] = p13;
    weights[block / 4u + weightsAt + 13u * params.keyQuads + params.slopes] = p13 * (t13 - stats13.y);

    let p14 = select(vec4<f32>(0.0), exp2(s14 * unitScale - stats14.x), (columns < vec4<u32>(end14)) & seen);
    weights[block / 4u + weightsAt + 14u * params.keyQuads] = p14;
    weights[block / 4u + weightsAt + 14u * params.keyQuads + params.slopes] = p14 * (t14 - stats14.y);

    let p15 = select(vec4<f32>(0.0), exp2(s15 * unitScale - stats15.x), (columns < vec4<u32>(end15)) & seen);
    weights[block / 4u + weightsAt + 15u * params.keyQuads] = p15;
    weights[block / 4u + weightsAt + 15u * params.keyQuads + params.slopes] = p15 * (t15 - stats15.y);
  }
}
