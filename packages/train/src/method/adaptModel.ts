/** @file The low-rank changes that a run's configuration asks for. */

import { applyLora } from "@candor/models";
import { type Module, Random, unfreeze } from "@candor/tensor-core";
import type { RunConfig } from "../recipes/runConfig.ts";

/**
 * Puts LoRA beside the maps that `lora.targets` names and unfreezes what `lora.alsoTrain` names; nothing without `lora`.
 *
 * @throws ConfigError if a pattern names no linear map, RangeError if one of `alsoTrain` names no parameter
 */
export function adaptModel(model: Module, { lora, seed }: Pick<RunConfig, "lora" | "seed">): void {
  if (!lora) return;
  applyLora(model, { ...lora, random: new Random(seed).fork("lora") });
  for (const pattern of lora.alsoTrain) unfreeze(model, pattern);
}
