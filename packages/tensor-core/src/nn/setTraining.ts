/** @file Training and evaluation of a model whose parts differ between them. */

import type { Module } from "./module.ts";

/**
 * Tells every part of a model that has a field `training`, a boolean, whether it trains: `Dropout`, `BatchNorm2d`, and
 * modules of one's own.
 */
export function setTraining(model: Module, training: boolean): void {
  for (const part of model.modules()) {
    if (typeof Reflect.get(part, "training") === "boolean") Reflect.set(part, "training", training);
  }
}
