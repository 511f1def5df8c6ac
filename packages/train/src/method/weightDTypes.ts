/** @file Which parameters of a run are held as f16: frozen matrices of published weights, and nothing that is trained. */

import { linearMapsAs, loraNames, matricesAs, type PlanOptions } from "@candor/models";
import { namePattern } from "@candor/tensor-core";
import type { RunConfig } from "../recipes/runConfig.ts";

type Choices = Pick<RunConfig, "weights" | "pretrained" | "lora" | "groups">;

/** Whether a configuration trains the parameter of a name, as `adaptModel` and `applyGroups` decide. */
export function isTrained({ lora, groups }: Pick<Choices, "lora" | "groups">, name: string): boolean {
  const named = (pattern: string) => name.search(namePattern(pattern)) !== -1;
  if (lora && !loraNames.test(name) && !lora.alsoTrain.some(named)) return false;
  return groups.find(({ match }) => named(match))?.rate !== 0;
}

/**
 * The dtype of each parameter of a run's model, by its name in the whole model.
 *
 * With `weights: "f16"`, the matrices that are published and frozen are f16, the language model's embedding table too; what is
 * trained, its moments and its gradients are f32, so that small steps are not lost.
 */
export function weightDTypes(config: Choices): NonNullable<PlanOptions["dtype"]> {
  const { vision, lm } = config.pretrained;
  const [maps, matrices] = [linearMapsAs("f16"), matricesAs("f16")];
  return (name, shape) => {
    if (config.weights !== "f16" || isTrained(config, name)) return "f32";
    if (name.startsWith("lm.")) return lm === undefined ? "f32" : matrices(name, shape);
    return vision !== undefined && /^(vit|clip)\./.test(name) ? maps(name, shape) : "f32";
  };
}
