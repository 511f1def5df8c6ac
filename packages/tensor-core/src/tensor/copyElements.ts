/** @file Copies of elements between tensors, outside of any kernel. */

import { byteLength } from "./dtype.ts";
import type { Tensor } from "./tensor.ts";
import { makesNoMemory } from "./withoutMemory.ts";

/**
 * @internal Copies `count` elements, after the work recorded so far; all in multiples of four bytes.
 *
 * @throws Error while a step is captured
 */
export function copyElements(from: Tensor, start: number, to: Tensor, at: number, count: number): void {
  from.device.assertNotRecording("copy");
  if (makesNoMemory()) return;
  const [source, target] = [from.binding.pooled.buffer, to.binding.pooled.buffer];
  if (!source || !target) throw new Error("[copy] the tensor has no memory yet");
  const bytes = byteLength(count, from.dtype);
  from.device.recorder.copy(source, target, bytes, byteOffset(from, start), byteOffset(to, at));
}

function byteOffset({ binding, dtype }: Tensor, element: number): number {
  return (binding.offset ?? 0) + byteLength(element, dtype);
}
