/** @file Philox4x32-10 in WGSL: the words of tensor/random.ts, bit for bit. Salmon et al. 2011. */

import { wgsl } from "../kernelSpec.ts";

/** `philox(counter, key)`, and `blockCounter(first, i, stream)`: the counter of the i-th block from a 64-bit number. */
export const philoxFunctions = wgsl`
fn multiplyWide(a: u32, b: u32) -> vec2<u32> {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let cross = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return vec2<u32>((a >> 16u) * (b >> 16u) + (middle >> 16u) + (cross >> 16u), a * b);
}
fn philox(counter: vec4<u32>, key: vec2<u32>) -> vec4<u32> {
  var c = counter;
  var k = key;
  for (var round = 0; round < 10; round++) {
    let p = multiplyWide(0xd2511f53u, c.x);
    let q = multiplyWide(0xcd9e8d57u, c.z);
    c = vec4<u32>(q.x ^ c.y ^ k.x, q.y, p.x ^ c.w ^ k.y, p.y);
    k += vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}
fn blockCounter(first: vec2<u32>, i: u32, stream: u32) -> vec4<u32> {
  let low = first.x + i;
  return vec4<u32>(low, first.y + select(0u, 1u, low < i), stream, 0u);
}
`;
