/** @file Which parameters a run trains, which it leaves as published weights hold them, and which of these are f16. */

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

/** A field of `pretrained`. */
export type PublishedField = keyof Choices["pretrained"];

/** The field of `pretrained` whose folder holds a parameter that the run leaves as it is; undefined for all others. */
export function publishedField(config: Choices, name: string): PublishedField | undefined {
  // LoRA's own are new, even where a group freezes them.
  if (isTrained(config, name) || loraNames.test(name)) return undefined;
  const field = name.startsWith("lm.") ? "lm" : /^(vit|clip)\./.test(name) ? "vision" : undefined;
  return field !== undefined && config.pretrained[field] !== undefined ? field : undefined;
}

/**
 * The dtype of each parameter of a run's model, by its name in the whole model.
 *
 * With `weights: "f16"`, the matrices that are published and frozen are f16, the language model's embedding table too; what is
 * trained, its moments and its gradients are f32, so that small steps are not lost.
 */
export function weightDTypes(config: Choices): NonNullable<PlanOptions["dtype"]> {
  const [maps, matrices] = [linearMapsAs("f16"), matricesAs("f16")];
  return (name, shape) => {
    const field = config.weights === "f16" ? publishedField(config, name) : undefined;
    if (field === undefined) return "f32";
    return field === "lm" ? matrices(name, shape) : maps(name, shape);
  };
}
