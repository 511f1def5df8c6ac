/** @file Runs the blocks of a model: what they make is freed in inference, and in training kept or made again. */

import { checkpoint, freeAfter, type Module, type Tensor } from "@candor/tensor-core";

const recomputed = new WeakSet<Module>();

/** Tells a block whether the backward pass runs it again, rather than keep what is in it. */
export function setRecomputed(block: Module, recomputes: boolean): void {
  if (recomputes) recomputed.add(block);
  else recomputed.delete(block);
}

/**
 * Runs a block by the engine's `freeAfter`, and by `checkpoint` if {@link setRecomputed} says so.
 *
 * @param run leaves nothing behind but its result and what it overwrites, such as a cache
 */
export function runBlock(block: Module, x: Tensor, run: (x: Tensor) => Tensor): Tensor {
  return freeAfter(x.device, () => (recomputed.has(block) ? checkpoint(run, x) : run(x)));
}
