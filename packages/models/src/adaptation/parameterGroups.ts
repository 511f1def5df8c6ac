/** @file Groups of parameters that learn at rates of their own, or not at all, by the patterns of their names. */

import {
  type AdamWOptions,
  freeze,
  type Module,
  namePattern,
  trainableParameters,
} from "@candor/tensor-core";
import { z } from "zod";
import { ConfigError } from "../configError.ts";

/** Schema of {@link ParameterGroup}. */
export const parameterGroupSchema = z.strictObject({
  /** Pattern of the names; `*` stands for any characters, as in `vit.*`. */
  match: z.string().min(1),
  /** Share of the learning rate; default 1. 0 freezes the parameters: no gradient, no memory of an optimiser. */
  rate: z.number().nonnegative().optional(),
  /** Weight decay acts on them; default: on those with two axes or more; on all where Adam couples it to the gradient. */
  decays: z.boolean().optional(),
});

/** Parameters that are trained alike. */
export type ParameterGroup = z.infer<typeof parameterGroupSchema>;

/**
 * Freezes what has the rate 0, and says how the optimiser treats each parameter. Load weights before: new tensors are not frozen.
 *
 *     const options = applyGroups(model, [{ match: "vit.*", rate: 0 }, { match: "connector.*", rate: 10 }]);
 *     const optimizer = new AdamW(trainableParameters(model), { learningRate, ...options });
 *
 * @param groups the first that matches a name decides; a name that none matches learns at the full rate
 * @param decays of parameters whose group says nothing; default those with two axes or more, as AdamW's
 * @throws ConfigError if a group decides over no parameter, or nothing is left to train
 */
export function applyGroups(
  model: Module,
  groups: readonly ParameterGroup[],
  decays: Required<AdamWOptions>["decays"] = (_, { rank }) => rank >= 2,
): Required<Pick<AdamWOptions, "rateOf" | "decays">> {
  const patterns = groups.map(({ match }) => namePattern(match));
  const groupOf = (name: string) => patterns.findIndex((pattern) => pattern.test(name));
  const names = [...model.namedParameters().keys()];
  const used = new Set(names.map(groupOf));
  const idle = groups.findIndex((_, i) => !used.has(i));
  if (idle >= 0) {
    throw new ConfigError(
      `[groups] no parameter is left for ${groups[idle]?.match}: ${names[0]} and ${names.length - 1} others ` +
        "have other names, or belong to groups before it",
    );
  }
  for (const name of names) if (groups[groupOf(name)]?.rate === 0) freeze(model, name);
  if (trainableParameters(model).size === 0) {
    throw new ConfigError("[groups] every parameter has the rate 0 or is frozen: nothing is left to train");
  }
  return {
    rateOf: (name) => groups[groupOf(name)]?.rate ?? 1,
    decays: (name, parameter) => groups[groupOf(name)]?.decays ?? decays(name, parameter),
  };
}
