struct Params {
  length: u32,
  perLane: u32,
}
@group(0) @binding(0) var<storage, read_write> slots: array<u32>;
@group(0) @binding(1) var<uniform> params: Params;
const WG = 256u;
const WG_X = 256u;
const WG_Y = 1u;
const WG_Z = 1u;

var<workgroup> totals: array<u32, WG>;

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) lane: u32) {
  let first = lane * params.perLane;
  let last = min(first + params.perLane, params.length);
  var total = 0u;
  for (var i = first; i < last; i++) { total += slots[i]; }
  totals[lane] = total;
  workgroupBarrier();
  var before = 0u;
  for (var other = 0u; other < lane; other++) { before += totals[other]; }
  for (var i = first; i < last; i++) {
    let here = slots[i];
    slots[i] = before;
    before += here;
  }
}
