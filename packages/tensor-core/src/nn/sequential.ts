/** @file Modules and functions one after the other. */

import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";

/** A module of one tensor, or a plain function of one. */
export type Layer = (Module & { forward(x: Tensor): Tensor }) | ((x: Tensor) => Tensor);

/** Calls its layers in order; parameters are named `layers.0.weight`, counting functions too. */
export class Sequential extends Module {
  readonly layers: readonly Layer[];

  constructor(...layers: readonly Layer[]) {
    super();
    this.layers = layers;
  }

  forward(x: Tensor): Tensor {
    let y = x;
    for (const layer of this.layers) y = typeof layer === "function" ? layer(y) : layer.forward(y);
    return y;
  }
}
