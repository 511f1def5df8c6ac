/** @file The low-rank changes and the recomputed layers that a run's configuration asks for. */

import { applyLora, recomputeBlocks } from "@candor/models";
import { type Module, Random, unfreeze } from "@candor/tensor-core";
import type { RunConfig } from "../recipes/runConfig.ts";

/**
 * Puts LoRA beside the maps that `lora.targets` names and unfreezes what `lora.alsoTrain` names, where there is `lora`; marks
 * the layers that `recomputeLayers` computes again.
 *
 * @throws ConfigError if a pattern names no linear map, RangeError if one of `alsoTrain` names no parameter
 */
export function adaptModel(
  model: Module,
  { lora, seed, recomputeLayers = false }: Pick<RunConfig, "lora" | "seed" | "recomputeLayers">,
): void {
  if (recomputeLayers) recomputeBlocks(model);
  if (!lora) return;
  applyLora(model, { ...lora, random: new Random(seed).fork("lora") });
  for (const pattern of lora.alsoTrain) unfreeze(model, pattern);
}
