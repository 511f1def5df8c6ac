/** @file What in a configuration keeps a run from going on with the same bits. */

import type { RunConfig } from "../recipes/runConfig.ts";

/** What no trained number depends on. */
const free: ReadonlySet<string> = new Set([
  "checkpointEvery",
  "evaluateEvery",
  "maxAnswerTokens",
  "recomputeLayers",
]);

/** Files and folders that may have moved; the run needs them still. */
const movable: ReadonlySet<string> = new Set(["manifest", "shards", "pretrained.vision", "pretrained.lm"]);

const reasons: Readonly<Record<string, string>> = {
  steps: ": the schedule of the learning rate depends on it",
};

/**
 * One line a field that differs, with both values; empty if the run may go on.
 *
 * Fields that no trained number depends on may differ, and so may the places of data and of published weights.
 *
 * @param own   the run's
 * @param given what it would go on with
 */
export function describeChanges(own: RunConfig, given: RunConfig): string[] {
  const [before, after] = [fieldsOf(own), fieldsOf(given)];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((path) => {
    const [was, is] = [before.get(path), after.get(path)];
    const moved = movable.has(path) && was !== undefined && is !== undefined;
    if (was === is || moved || free.has(path)) return [];
    return [`${path}: the run has ${was ?? "none"}, got ${is ?? "none"}${reasons[path] ?? ""}`];
  });
}

/** Every field by its path, as JSON; an array is one value. */
function fieldsOf(value: object, prefix = ""): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [name, field] of Object.entries(value) as [string, unknown][]) {
    if (field === undefined) continue;
    const path = prefix + name;
    if (typeof field !== "object" || field === null || Array.isArray(field)) {
      fields.set(path, JSON.stringify(field));
    } else {
      for (const [inner, text] of fieldsOf(field, `${path}.`)) fields.set(inner, text);
    }
  }
  return fields;
}
