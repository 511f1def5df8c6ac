/** @file The gradients of one backward pass, freed as soon as nothing needs them. */

import type { Tensor } from "../tensor/tensor.ts";

/** Gradients by tensor; a view and what it views have one. */
export class Gradients {
  #viewed: ReadonlyMap<Tensor, Tensor>;
  readonly #held = new Map<Tensor, Tensor>();
  /** Of how many tensors a gradient is: an op may hand the one of its result on to several inputs. */
  readonly #uses = new Map<Tensor, number>();

  /** @param viewed what each view views, in its first shape */
  constructor(viewed: ReadonlyMap<Tensor, Tensor>) {
    this.#viewed = viewed;
  }

  /** Runs `fn` while a part of the tape is gone through that has views of its own. */
  within(viewed: ReadonlyMap<Tensor, Tensor>, fn: () => void): void {
    const around = this.#viewed;
    this.#viewed = viewed;
    try {
      fn();
    } finally {
      this.#viewed = around;
    }
  }

  /** All that is held. */
  all(): Iterable<Tensor> {
    return this.#held.values();
  }

  /** The gradient so far, in the shape of the tensor; it belongs to this collection. */
  get(tensor: Tensor): Tensor | undefined {
    const viewed = this.#viewed.get(tensor);
    return viewed ? this.#held.get(viewed)?.view(tensor.shape) : this.#held.get(tensor);
  }

  /** Replaces the gradient of a tensor; returns what is held from now on. */
  set(tensor: Tensor, gradient: Tensor): Tensor {
    const viewed = this.#viewed.get(tensor);
    const key = viewed ?? tensor;
    const value = viewed ? gradient.view(viewed.shape) : gradient;
    this.#uses.set(value, (this.#uses.get(value) ?? 0) + 1);
    this.delete(key);
    this.#held.set(key, value);
    return value;
  }

  /** Forgets the gradient of a tensor that is no view; frees it unless it is another's too. */
  delete(tensor: Tensor): void {
    const gradient = this.#held.get(tensor);
    if (!gradient) return;
    this.#held.delete(tensor);
    const uses = (this.#uses.get(gradient) ?? 1) - 1;
    if (uses > 0) {
      this.#uses.set(gradient, uses);
      return;
    }
    this.#uses.delete(gradient);
    gradient.dispose();
  }
}
