struct Params {
  count: u32,
  n: u32,
  inner: u32,
}
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<i32>;
@group(0) @binding(2) var<uniform> params: Params;
const WG = 32u;
const WG_X = 32u;
const WG_Y = 1u;
const WG_Z = 1u;


fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}

var<workgroup> values: array<f32, WG>;
var<workgroup> places: array<u32, WG>;

/** True if the element at place i goes before the one at j. A NaN does not equal itself. */
fn precedes(a: f32, i: u32, b: f32, j: u32) -> bool {
  let beyond = a > b || (!(a == a) && b == b);
  let level = a == b || !(a == a);
  return beyond || (level && i < j);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let group = flatGroup(wid, nwg);
  if (group >= params.count) { return; }
  let start = (group / params.inner) * params.n * params.inner + group % params.inner;
  // Lanes past the end repeat the first element, which loses to itself.
  var place = select(0u, lane, lane < params.n);
  var value = x[start + place * params.inner];
  for (var i = lane + WG; i < params.n; i += WG) {
    let next = x[start + i * params.inner];
    if (precedes(next, i, value, place)) { value = next; place = i; }
  }
  values[lane] = value;
  places[lane] = place;
  workgroupBarrier();
  for (var half = WG / 2u; half > 0u; half /= 2u) {
    if (lane < half && precedes(values[lane + half], places[lane + half], values[lane], places[lane])) {
      values[lane] = values[lane + half];
      places[lane] = places[lane + half];
    }
    workgroupBarrier();
  }
  if (lane == 0u) { y[group] = i32(places[0]); }
}
