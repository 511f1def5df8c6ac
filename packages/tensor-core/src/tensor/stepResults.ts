/** @file What a captured step gives: tensors by name. */

import { assertNotAsync } from "./assertNotAsync.ts";
import { Tensor } from "./tensor.ts";

/**
 * What a captured step returns: tensors by name. They hold the values of the last run, and are freed with the step, or
 * when eight other combinations of input shapes ran since, or fewer where the budget has no room for them.
 */
export type StepResults = Readonly<Record<string, Tensor>>;

/** @throws TypeError if a step returned something else */
export function assertResults(found: unknown): asserts found is StepResults {
  assertNotAsync("capture", found);
  let what = found instanceof Tensor ? "a tensor without one" : String(found);
  if (typeof found === "object" && found !== null && !(found instanceof Tensor)) {
    const other = Object.entries(found).find(([, value]) => !(value instanceof Tensor));
    if (!other) return;
    const [name, value] = other;
    what = `${Array.isArray(value) ? "an array" : String(value)} as ${name}`;
  }
  throw new TypeError(`[capture] the step must return tensors by name, such as { loss }, got ${what}`);
}
