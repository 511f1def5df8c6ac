/** @file Fills a tensor on the device, without an upload. */

import { wgsl, write, type KernelSpec } from "../kernel/kernelSpec.ts";
import { flatGroup } from "../kernel/wgsl/flatIndex.ts";
import { asTypedArray, type DType } from "./dtype.ts";
import type { Tensor } from "./tensor.ts";
import { makesNoMemory } from "./withoutMemory.ts";

export const fillKernel = {
  label: "tensor.fill",
  workgroup: 64,
  buffers: { y: write("vec4<u32>") },
  uniforms: { quads: "u32", word: "u32" },
  body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i < params.quads) { y[i] = vec4<u32>(params.word); }
}`,
} as const satisfies KernelSpec;

/** A word of a tensor that holds one value. */
export function fillWord(value: number, dtype: DType): number {
  return new Uint32Array(asTypedArray([value, value], dtype).buffer)[0] ?? 0;
}

/** @internal Sets every element to one value, in the order of recorded work. */
export function fill<T extends Tensor>(y: T, value: number): T {
  if (makesNoMemory()) return y;
  const word = fillWord(value, y.dtype);
  const { recorder, maxBindingBytes } = y.device;
  const { pooled, offset = 0 } = y.binding;
  const most = Math.floor(maxBindingBytes / 256) * 256;
  for (let at = 0; at < y.bytes; at += most) {
    const bytes = Math.min(most, y.bytes - at);
    const quads = Math.ceil(bytes / 16);
    const part = { pooled, bytes, offset: offset + at };
    recorder.dispatch(fillKernel, { y: part }, { quads, word }, Math.ceil(quads / 64));
  }
  return y;
}
