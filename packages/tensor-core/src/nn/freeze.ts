/** @file Parameters that training leaves as they are, by the patterns of their names. */

import type { Tensor } from "../tensor/tensor.ts";
import { frozen } from "./frozen.ts";
import type { Module } from "./module.ts";

/**
 * Keeps parameters out of {@link trainableParameters}, and what the module adopts in their place.
 *
 * @param pattern of names; `*` in a string stands for any characters, as in `vit.blocks.*.weight`
 * @returns the names that it matched
 * @throws RangeError if it matches none
 */
export function freeze(model: Module, pattern: RegExp | string): string[] {
  return mark("freeze", model, pattern, (parameter) => frozen.add(parameter));
}

/** Takes back {@link freeze}. */
export function unfreeze(model: Module, pattern: RegExp | string): string[] {
  return mark("unfreeze", model, pattern, (parameter) => frozen.delete(parameter));
}

/** The parameters that are not frozen, by name: what `valueAndGrad` and an optimiser take. */
export function trainableParameters(model: Module): Map<string, Tensor> {
  return new Map([...model.namedParameters()].filter(([, parameter]) => !frozen.has(parameter)));
}

function mark(
  op: string,
  model: Module,
  pattern: RegExp | string,
  apply: (parameter: Tensor) => void,
): string[] {
  const matches = namePattern(pattern);
  const names: string[] = [];
  for (const [name, parameter] of model.namedParameters()) {
    if (name.search(matches) === -1) continue;
    names.push(name);
    apply(parameter);
  }
  if (names.length === 0) throw new RangeError(`[${op}] no parameter has a name like ${pattern}`);
  return names;
}

/** A pattern of names as an expression; `*` in a string stands for any characters, and the string for the whole name. */
export function namePattern(pattern: RegExp | string): RegExp {
  if (typeof pattern !== "string") return pattern;
  return new RegExp(`^${pattern.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`);
}
