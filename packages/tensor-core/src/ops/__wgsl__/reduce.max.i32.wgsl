struct Params {
  count: u32,
  n: u32,
  items: u32,
  blocks: u32,
  factor: f32,
}
@group(0) @binding(0) var<storage, read> x: array<vec4<i32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<i32>>;
@group(0) @binding(2) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;
const QUADS = true;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}

alias Item = vec4<i32>;
fn combine(a: Item, b: Item) -> Item { return max(a, b); }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  let column = i % params.items;
  let block = (i / params.items) % params.blocks;
  let start = (i / params.items / params.blocks) * params.n * params.items + column;
  var all = Item(i32(-2147483648));
  for (var row = block; row < params.n; row += params.blocks) {
    all = combine(all, x[start + row * params.items]);
  }
  y[i] = all;
}
