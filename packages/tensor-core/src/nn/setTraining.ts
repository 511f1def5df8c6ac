/** @file Training and evaluation of a model whose parts differ between them. */

import { BatchNorm2d } from "./batchNorm2d.ts";
import { Dropout } from "./dropout.ts";
import type { Module } from "./module.ts";

/** Tells every {@link Dropout} and {@link BatchNorm2d} of a model whether it trains. */
export function setTraining(model: Module, training: boolean): void {
  for (const part of model.modules()) {
    if (part instanceof Dropout || part instanceof BatchNorm2d) part.training = training;
  }
}
