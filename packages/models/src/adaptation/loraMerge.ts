/** @file Low-rank changes into the weights beside them, and out again. */

import { cast, freeze, matmul, type Module, trainableParameters } from "@candor/tensor-core";
import { type LoraLinear, loraParts } from "./lora.ts";

/**
 * Adds each change to its weight: W + (α / r) B A. The model then costs what it did without LoRA; the changes stay, unused,
 * until {@link unmergeLora}. Weights become new tensors, which belong to the open scope.
 *
 * @returns how many weights were changed
 */
export function mergeLora(model: Module): number {
  return shift(model, true);
}

/** Takes the changes out of the weights again, up to the rounding of the weights' dtype. */
export function unmergeLora(model: Module): number {
  return shift(model, false);
}

function shift(model: Module, merged: boolean): number {
  const trainable = trainableParameters(model);
  let changed = 0;
  for (const [name, part] of loraParts(model)) {
    if (part.merged === merged) continue;
    shiftPart(part, merged ? part.scale : -part.scale);
    part.merged = merged;
    if (!trainable.has(`${name}.weight`)) freeze(model, `${name}.weight`);
    changed++;
  }
  return changed;
}

function shiftPart(part: LoraLinear, scale: number): void {
  const { weight, loraA, loraB } = part;
  using scope = weight.device.scope();
  const sum = matmul(loraB, loraA, { scale, residual: cast(weight, "f32") }); // [outputs, inputs]
  part.adopt(new Map([["weight", scope.keep(cast(sum, weight.dtype))]]));
}
