/** @file What differs between two recordings of one step. */

import { variantKey } from "../kernel/assemble.ts";
import type { Command } from "../kernel/command.ts";
import type { PooledBuffer } from "../memory/bufferPool.ts";
import type { RecordedStep } from "./recordedStep.ts";
import { sameShape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** What a function did, and what it returned. */
export interface ReturnedStep {
  readonly step: RecordedStep;
  readonly results: Readonly<Record<string, Tensor>>;
}

/** The first difference in words; undefined if both do the same. */
export function compareSteps(one: ReturnedStep, other: ReturnedStep): string | undefined {
  const [first, second] = [one.step, other.step];
  const counterpart = new Map<PooledBuffer, PooledBuffer>();
  const made = new Set(first.buffers);
  for (const [at, a] of first.commands.entries()) {
    const b = second.commands[at];
    if (!b || variantKey(a.kernel) !== variantKey(b.kernel) || a.groups.join() !== b.groups.join()) {
      const then = b ? `${b.kernel.label} over ${b.groups.join(" x ")} workgroups` : "none";
      return (
        `dispatch ${at} was ${a.kernel.label} over ${a.groups.join(" x ")} workgroups in the first run and ${then} in the ` +
        "second: a step must do the same each time for inputs of the same shapes"
      );
    }
    const difference = compareUniforms(a, b);
    if (difference) return difference;
    for (const name in a.kernel.buffers) {
      const before = a.bindings[name]?.pooled as PooledBuffer;
      const now = b.bindings[name]?.pooled as PooledBuffer;
      const seen = counterpart.get(before);
      counterpart.set(before, now);
      if (seen ? seen === now : before === now) continue;
      const { label, shape, dtype } = before.owner;
      const what = `a tensor of [${shape.join(", ")}] ${dtype} (${label}), which ${a.kernel.label} has as ${name},`;
      if (seen || !made.has(before)) {
        return `${what} was another one in the second run: pass it as an input, or change it in place`;
      }
      const [then, values] = [first.constants.get(before), second.constants.get(now)];
      if (then && !sameValues(then, values)) {
        return `${what} was made from other host values in the second run: pass it as an input`;
      }
    }
  }
  if (second.commands.length > first.commands.length) {
    const { kernel } = second.commands[first.commands.length] as Command;
    return `the second run went on with ${kernel.label} where the first ended: a step must do the same each time`;
  }
  if (first.hostWork.length !== second.hostWork.length) {
    return (
      `the first run called device.eachStep ${first.hostWork.length} times, the second ${second.hostWork.length}: ` +
      "a step must do the same each time for inputs of the same shapes"
    );
  }
  for (const [at, { fixed }] of first.hostWork.entries()) {
    const { fixed: now } = second.hostWork[at] as (typeof first.hostWork)[number];
    for (const name in { ...fixed, ...now }) {
      if (Object.is(fixed[name], now[name])) continue;
      return changedNumber(name, fixed[name], now[name]);
    }
  }
  return compareResults(one, other, counterpart);
}

/** @param counterpart buffers of the second step, by those of the first that stand in their places */
function compareResults(
  one: ReturnedStep,
  other: ReturnedStep,
  counterpart: ReadonlyMap<PooledBuffer, PooledBuffer>,
): string | undefined {
  const [names, now] = [Object.keys(one.results).toSorted(), Object.keys(other.results).toSorted()];
  if (names.join() !== now.join()) {
    return `the step returned ${names.join(", ")} in the first run and ${now.join(", ")} in the second`;
  }
  for (const name of names) {
    const [before, after] = [one.results[name] as Tensor, other.results[name] as Tensor];
    const [a, b] = [before.binding, after.binding];
    const [values, others] = [one.step.constants.get(a.pooled), other.step.constants.get(b.pooled)];
    const same = values ? sameValues(values, others) : (counterpart.get(a.pooled) ?? a.pooled) === b.pooled;
    if (same && a.offset === b.offset && sameShape(before.shape, after.shape)) continue;
    return `the result ${name} was another tensor in the second run: a step must return the same each time`;
  }
  return undefined;
}

function compareUniforms(a: Command, b: Command): string | undefined {
  for (const name in a.kernel.uniforms) {
    const [before, now] = [a.uniforms[name], b.uniforms[name]];
    if (Object.is(before, now) || (typeof before === "function" && typeof now === "function")) continue;
    return changedNumber(`${name} of ${a.kernel.label}`, before, now);
  }
  return undefined;
}

function changedNumber(name: string, before: unknown, now: unknown): string {
  const [was, is] = [before, now].map((value) =>
    typeof value === "function" ? "a function" : String(value),
  );
  return (
    `${name} was ${was} in the first run and ${is} in the second: ` +
    "give a function where a number changes from step to step, such as a schedule for a learning rate"
  );
}

function sameValues(a: ArrayLike<number>, b: ArrayLike<number> | undefined): boolean {
  if (!b || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}
