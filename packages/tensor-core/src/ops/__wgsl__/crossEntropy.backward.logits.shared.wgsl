enable subgroups;
struct Params {
  rows: u32,
  items: u32,
}
@group(0) @binding(0) var<storage, read> logits: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> targets: array<i32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read> peaks: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(0) @binding(5) var<storage, read_write> dlogits: array<vec4<f32>>;
@group(0) @binding(6) var<uniform> params: Params;
const WG = 8u;
const WG_X = 8u;
const WG_Y = 1u;
const WG_Z = 1u;
const QUADS = true;
const LANES = 8u;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}


alias Item = vec4<f32>;
fn total(v: Item) -> f32 { return (v.x + v.y) + (v.z + v.w); }
fn largest(v: Item) -> f32 { return max(max(v.x, v.y), max(v.z, v.w)); }

fn exponential(x: Item) -> Item { return select(x, exp(x), x == x); }


fn logitOf(start: u32, goal: u32) -> f32 { return logits[start + goal / 4u][goal % 4u]; }
fn hotAt(i: u32, goal: i32) -> Item {
  return select(Item(0.0), Item(1.0), vec4<i32>(i32(i) * 4) + vec4<i32>(0, 1, 2, 3) == vec4<i32>(goal));
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let row = flatGroup(wid, nwg);
  if (row >= params.rows) { return; }
  let start = row * params.items;
  let weight = weights[row];

  let peak = peaks[row];
  let goal = targets[row];
  let factor = dy[row] * weight;
  for (var i = lane; i < params.items; i += WG) {
    var gradient = Item(0.0);
    if (weight != 0.0) { gradient = factor * (exponential((logits[start + i] - peak.x) - peak.y) - hotAt(i, goal)); }
    dlogits[start + i] = gradient;
  }
}
