/** @file A run's optimiser, and its learning rate over the steps. */

import { applyGroups } from "@candor/models";
import { Adam, AdamW, type Module, trainableParameters, warmupCosine } from "@candor/tensor-core";
import type { RunConfig } from "../recipes/runConfig.ts";

/**
 * The learning rate at each step, from 0.
 *
 * @throws RangeError if the warm-up is longer than the run
 */
export function learningRates({
  optimizer: { schedule, learningRate: peak, warmupSteps },
  steps,
}: Pick<RunConfig, "optimizer" | "steps">): (step: number) => number {
  return warmupCosine({ peak, warmupSteps, totalSteps: steps, floor: schedule === "constant" ? peak : 0 });
}

/**
 * Freezes what the configuration's groups freeze, and builds the optimiser of the rest.
 *
 * @throws ConfigError if a group decides over no parameter, or nothing is left to train
 */
export function buildOptimizer(
  model: Module,
  { groups, optimizer }: Pick<RunConfig, "groups" | "optimizer">,
): AdamW {
  const { algorithm, schedule: _, warmupSteps: __, ...rest } = optimizer;
  const isAdam = algorithm === "adam";
  const byGroup = groups.length > 0 ? applyGroups(model, groups, isAdam ? () => true : undefined) : {};
  const options = { ...byGroup, ...rest };
  const parameters = trainableParameters(model);
  return isAdam ? new Adam(parameters, options) : new AdamW(parameters, options);
}
