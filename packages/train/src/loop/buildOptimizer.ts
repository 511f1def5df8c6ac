/** @file A run's optimiser, and its learning rate over the steps. */

import { applyGroups } from "@candor/models";
import { Adam, AdamW, type Module, trainableParameters, warmupCosine } from "@candor/tensor-core";
import type { RunConfig } from "../recipes/runConfig.ts";

/** An optimiser of all that is trained, and its rate at a step from 0. */
export interface RunOptimizer {
  readonly optimizer: AdamW;
  readonly rate: (step: number) => number;
}

/**
 * Freezes what the configuration's groups freeze, and builds the optimiser of the rest.
 *
 * @throws ConfigError if a group decides over no parameter, or nothing is left to train
 * @throws RangeError if the warm-up is longer than the run
 */
export function buildOptimizer(
  model: Module,
  { groups, optimizer, steps }: Pick<RunConfig, "groups" | "optimizer" | "steps">,
): RunOptimizer {
  const { algorithm, schedule, learningRate: peak, warmupSteps, ...rest } = optimizer;
  const isAdam = algorithm === "adam";
  const byGroup = groups.length > 0 ? applyGroups(model, groups, isAdam ? () => true : undefined) : {};
  const rate = warmupCosine({
    peak,
    warmupSteps,
    totalSteps: steps,
    floor: schedule === "constant" ? peak : 0,
  });
  const options = { ...byGroup, learningRate: peak, ...rest };
  const parameters = trainableParameters(model);
  return { optimizer: isAdam ? new Adam(parameters, options) : new AdamW(parameters, options), rate };
}
