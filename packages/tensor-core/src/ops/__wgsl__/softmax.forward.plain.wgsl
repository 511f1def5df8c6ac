struct Params {
  rows: u32,
  items: u32,
}
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;
const WG = 64u;
const WG_X = 64u;
const WG_Y = 1u;
const WG_Z = 1u;
const QUADS = false;
const LANES = 1u;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}


alias Item = f32;
fn total(v: Item) -> f32 { return v; }
fn largest(v: Item) -> f32 { return v; }


var<workgroup> reduceScratch: array<f32, WG>;

fn workgroupSum(value: f32, lane: u32) -> f32 {
  reduceScratch[lane] = value;
  workgroupBarrier();
  for (var half = WG / 2u; half > 0u; half /= 2u) {
    if (lane < half) { reduceScratch[lane] += reduceScratch[lane + half]; }
    workgroupBarrier();
  }
  let total = reduceScratch[0];
  workgroupBarrier();
  return total;
}

fn workgroupMax(value: f32, lane: u32) -> f32 {
  reduceScratch[lane] = value;
  workgroupBarrier();
  for (var half = WG / 2u; half > 0u; half /= 2u) {
    if (lane < half) { reduceScratch[lane] = max(reduceScratch[lane], reduceScratch[lane + half]); }
    workgroupBarrier();
  }
  let largest = reduceScratch[0];
  workgroupBarrier();
  return largest;
}

fn rowSum(value: f32, lane: u32) -> f32 { return workgroupSum(value, lane); }
fn rowMax(value: f32, lane: u32) -> f32 { return workgroupMax(value, lane); }

fn exponential(x: Item) -> Item { return select(x, exp(x), x == x); }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let row = flatGroup(wid, nwg);
  if (row >= params.rows) { return; }
  let start = row * params.items;
  var top = Item(-3.4028234e38);
  for (var i = lane; i < params.items; i += WG) { top = max(top, x[start + i]); }
  let peak = rowMax(largest(top), lane);
  var part = Item(0.0);
  for (var i = lane; i < params.items; i += WG) {
    let e = exponential(x[start + i] - peak);
    y[start + i] = e;
    part += e;
  }
  let factor = 1.0 / rowSum(total(part), lane);
  for (var i = lane; i < params.items; i += WG) { y[start + i] *= factor; }
}
